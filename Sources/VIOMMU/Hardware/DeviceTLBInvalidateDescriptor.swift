import Interrupts

/// Device-TLB invalidate descriptor (VT-d 6.5.2.5).
public struct DeviceTLBInvalidateDescriptor: Register {
    public var rawValue: UInt128

    public init(rawValue: UInt128) { self.rawValue = rawValue }

    public init(sourceID: UInt16) {
        rawValue = UInt128(InvalidationDescriptorType.deviceTLB.rawValue)
        self[.sid] = sourceID
    }

    /// The addresses that are invalidated: with S set the lowest clear bit of ADDR gives the size,
    /// as in PCIe's address translation services.
    public var addresses: ClosedRange<UInt64> {
        let page = self[.addr]
        guard self[.s] else { return page &<< 12...page &<< 12 | 0xfff }
        // The lowest clear bit and all below it.
        let low = page ^ (page &+ 1)
        return (page & ~low) &<< 12...(page | low) &<< 12 | 0xfff
    }

    static var reserved: UInt128 { 0x0000_0000_0000_0ffe_000f_0000_ffe0_01f0 }
}

extension BitField where Owner == DeviceTLBInvalidateDescriptor, Value == UInt8 {
    /// MIP: maximum number of invalidations pending at the device.
    public static var mip: Self { Self(16...20) }
}

extension BitField where Owner == DeviceTLBInvalidateDescriptor, Value == UInt16 {
    /// SID: source-id.
    public static var sid: Self { Self(32...47) }
}

extension BitField where Owner == DeviceTLBInvalidateDescriptor, Value == Bool {
    /// S: more than one page.
    public static var s: Self { Self(64) }
}

extension BitField where Owner == DeviceTLBInvalidateDescriptor, Value == UInt64 {
    /// ADDR: number of the page, and with S set its lowest clear bit gives the size.
    public static var addr: Self { Self(76...127) }
}
