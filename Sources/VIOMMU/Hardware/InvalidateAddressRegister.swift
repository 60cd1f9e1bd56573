import Interrupts

/// IVA_REG: which pages an IOTLB invalidation is for, write-only (VT-d chapter 11, "Invalidate
/// Address Register").
public struct InvalidateAddressRegister: Register {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Bits that software can write.
    static var writable: UInt64 { 0xffff_ffff_ffff_f07f }
}

extension BitField where Owner == InvalidateAddressRegister, Value == UInt8 {
    /// AM: address mask: 2^AM pages, naturally aligned.
    public static var am: Self { Self(0...5) }
}

extension BitField where Owner == InvalidateAddressRegister, Value == Bool {
    /// IH: invalidation hint: no entry but leaves has changed.
    public static var ih: Self { Self(6) }
}

extension BitField where Owner == InvalidateAddressRegister, Value == UInt64 {
    /// ADDR: number of the first page.
    public static var addr: Self { Self(12...63) }
}
