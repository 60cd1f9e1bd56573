import Interrupts

/// IOTLB_REG: invalidates the IOTLB (VT-d chapter 11, "IOTLB Invalidate Register").
public struct IOTLBInvalidateRegister: Register {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Bits that software can write.
    static var writable: UInt64 { 0xb003_ffff_0000_0000 }
    /// Bits that mean something: IAIG as well.
    static var defined: UInt64 { writable | 0x0600_0000_0000_0000 }
}

extension BitField where Owner == IOTLBInvalidateRegister, Value == UInt16 {
    /// DID: domain id.
    public static var did: Self { Self(32...47) }
}

extension BitField where Owner == IOTLBInvalidateRegister, Value == Granularity {
    /// IAIG: granularity of the invalidation that was done.
    public static var iaig: Self { Self(57...58) }
    /// IIRG: granularity that is asked for.
    public static var iirg: Self { Self(60...61) }
}

extension BitField where Owner == IOTLBInvalidateRegister, Value == Bool {
    /// DW: drain writes.
    public static var dw: Self { Self(48) }
    /// DR: drain reads.
    public static var dr: Self { Self(49) }
    /// IVT: invalidate IOTLB; clear again when that has been done.
    public static var ivt: Self { Self(63) }
}
