import Interrupts

/// ICS_REG (VT-d chapter 11, "Invalidation Completion Status Register").
public struct InvalidationCompletionStatusRegister: Register {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
}

extension BitField where Owner == InvalidationCompletionStatusRegister, Value == Bool {
    /// IWC: a wait descriptor with the interrupt flag has completed. Write 1 to clear.
    public static var iwc: Self { Self(0) }
}
