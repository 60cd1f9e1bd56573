import Interrupts

/// IOTLB invalidate descriptor (VT-d 6.5.2.3).
public struct IOTLBInvalidateDescriptor: Register {
    public var rawValue: UInt128

    public init(rawValue: UInt128) { self.rawValue = rawValue }

    public init(granularity: Granularity) {
        rawValue = UInt128(InvalidationDescriptorType.iotlb.rawValue)
        self[.g] = granularity
    }

    static var reserved: UInt128 { 0x0000_0000_0000_0f80_ffff_ffff_0000_f100 }
}

extension BitField where Owner == IOTLBInvalidateDescriptor, Value == Granularity {
    /// G: granularity.
    public static var g: Self { Self(4...5) }
}

extension BitField where Owner == IOTLBInvalidateDescriptor, Value == UInt16 {
    /// DID: domain id.
    public static var did: Self { Self(16...31) }
}

extension BitField where Owner == IOTLBInvalidateDescriptor, Value == UInt8 {
    /// AM: address mask: 2^AM pages, naturally aligned.
    public static var am: Self { Self(64...69) }
}

extension BitField where Owner == IOTLBInvalidateDescriptor, Value == UInt64 {
    /// ADDR: number of the first page.
    public static var addr: Self { Self(76...127) }
}

extension BitField where Owner == IOTLBInvalidateDescriptor, Value == Bool {
    /// DW: drain writes.
    public static var dw: Self { Self(6) }
    /// DR: drain reads.
    public static var dr: Self { Self(7) }
    /// IH: invalidation hint: no entry but leaves has changed.
    public static var ih: Self { Self(70) }
}
