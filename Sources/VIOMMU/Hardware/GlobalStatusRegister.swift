import Interrupts

/// GSTS_REG: which commands have been carried out (VT-d chapter 11, "Global Status Register").
public struct GlobalStatusRegister: Register {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
}

extension BitField where Owner == GlobalStatusRegister, Value == Bool {
    /// CFIS: compatibility format interrupts pass.
    public static var cfis: Self { Self(23) }
    /// IRTPS: the interrupt remapping table pointer has been set.
    public static var irtps: Self { Self(24) }
    /// IRES: interrupt remapping is enabled.
    public static var ires: Self { Self(25) }
    /// QIES: queued invalidation is enabled.
    public static var qies: Self { Self(26) }
    /// WBFS: a write buffer flush is in progress.
    public static var wbfs: Self { Self(27) }
    /// AFLS: advanced fault logging is enabled.
    public static var afls: Self { Self(28) }
    /// FLS: the fault log has been set.
    public static var fls: Self { Self(29) }
    /// RTPS: the root table pointer has been set.
    public static var rtps: Self { Self(30) }
    /// TES: translation is enabled.
    public static var tes: Self { Self(31) }
}
