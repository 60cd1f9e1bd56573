import Interrupts

/// RTADDR_REG: where the root table is, in effect from GCMD.SRTP on (VT-d chapter 11, "Root Table
/// Address Register").
public struct RootTableAddressRegister: Register {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Guest-physical address of the table, aligned to 4 KiB.
    public var address: UInt64 { rawValue & ~0xfff }

    /// Bits that software can write.
    static var writable: UInt64 { 0xffff_ffff_ffff_fc00 }
}

extension BitField where Owner == RootTableAddressRegister, Value == UInt8 {
    /// TTM: translation table mode; 0 is legacy mode, the only one here.
    public static var ttm: Self { Self(10...11) }
}
