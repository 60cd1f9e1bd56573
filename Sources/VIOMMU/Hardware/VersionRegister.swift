import Interrupts

/// VER_REG: version of the architecture (VT-d chapter 11, "Version Register").
public struct VersionRegister: Register {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
}

extension BitField where Owner == VersionRegister, Value == UInt8 {
    /// MIN: minor version.
    public static var min: Self { Self(0...3) }
    /// MAX: major version.
    public static var max: Self { Self(4...7) }
}
