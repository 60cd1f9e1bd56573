import Interrupts

/// IRTA_REG: where the interrupt remapping table is, in effect from GCMD.SIRTP on (VT-d
/// chapter 11, "Interrupt Remapping Table Address Register").
public struct InterruptRemappingTableAddressRegister: Register {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Guest-physical address of the table, aligned to 4 KiB.
    public var address: UInt64 { rawValue & ~0xfff }

    /// Number of entries: 2...65536.
    public var count: UInt32 { 2 &<< UInt32(self[.s]) }

    /// Bits that software can write, EIME only if ECAP.EIM is set.
    static var writable: UInt64 { 0xffff_ffff_ffff_f80f }
}

extension BitField where Owner == InterruptRemappingTableAddressRegister, Value == UInt8 {
    /// S: the table has 2^(S + 1) entries.
    public static var s: Self { Self(0...3) }
}

extension BitField where Owner == InterruptRemappingTableAddressRegister, Value == Bool {
    /// EIME: destinations have 32 bits rather than 8.
    public static var eime: Self { Self(11) }
}
