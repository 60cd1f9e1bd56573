import Interrupts

/// GCMD_REG: switches the unit's functions, write-only (VT-d chapter 11, "Global Command
/// Register").
///
/// TE, QIE, IRE and CFI state what is wanted; the others are commands. Software is to change one
/// of them at a time.
public struct GlobalCommandRegister: Register {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
}

extension BitField where Owner == GlobalCommandRegister, Value == Bool {
    /// CFI: compatibility format interrupts pass rather than being blocked.
    public static var cfi: Self { Self(23) }
    /// SIRTP: set interrupt remapping table pointer, from IRTA_REG.
    public static var sirtp: Self { Self(24) }
    /// IRE: interrupt remapping enable.
    public static var ire: Self { Self(25) }
    /// QIE: queued invalidation enable.
    public static var qie: Self { Self(26) }
    /// WBF: write buffer flush. Only if CAP.RWBF is set.
    public static var wbf: Self { Self(27) }
    /// EAFL: enable advanced fault logging. Only if CAP.AFL is set.
    public static var eafl: Self { Self(28) }
    /// SFL: set fault log. Only if CAP.AFL is set.
    public static var sfl: Self { Self(29) }
    /// SRTP: set root table pointer, from RTADDR_REG.
    public static var srtp: Self { Self(30) }
    /// TE: translation enable.
    public static var te: Self { Self(31) }
}
