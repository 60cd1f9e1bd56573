import Interrupts

/// CCMD_REG: invalidates the context cache (VT-d chapter 11, "Context Command Register").
public struct ContextCommandRegister: Register {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Bits that software can write.
    static var writable: UInt64 { 0xe000_0003_ffff_ffff }
    /// Bits that mean something.
    static var defined: UInt64 { writable | readable }
    /// Bits that software can read: SID and FM are write-only.
    static var readable: UInt64 { 0xf800_0000_0000_ffff }
}

extension BitField where Owner == ContextCommandRegister, Value == UInt16 {
    /// DID: domain id.
    public static var did: Self { Self(0...15) }
    /// SID: source-id.
    public static var sid: Self { Self(16...31) }
}

extension BitField where Owner == ContextCommandRegister, Value == FunctionMask {
    /// FM: which bits of the source-id's function number to ignore.
    public static var fm: Self { Self(32...33) }
}

extension BitField where Owner == ContextCommandRegister, Value == Granularity {
    /// CAIG: granularity of the invalidation that was done.
    public static var caig: Self { Self(59...60) }
    /// CIRG: granularity that is asked for.
    public static var cirg: Self { Self(61...62) }
}

extension BitField where Owner == ContextCommandRegister, Value == Bool {
    /// ICC: invalidate context cache; clear again when that has been done.
    public static var icc: Self { Self(63) }
}
