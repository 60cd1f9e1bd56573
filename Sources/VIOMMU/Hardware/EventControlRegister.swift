import Interrupts

/// FECTL_REG and IECTL_REG, which are alike: control of the fault event and of the invalidation
/// completion event (VT-d chapter 11).
public struct EventControlRegister: Register {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
}

extension BitField where Owner == EventControlRegister, Value == Bool {
    /// IP: an interrupt is held back. Read-only.
    public static var ip: Self { Self(30) }
    /// IM: interrupts are held back.
    public static var im: Self { Self(31) }
}
