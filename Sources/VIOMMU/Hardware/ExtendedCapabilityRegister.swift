import Interrupts

/// ECAP_REG: what else there is (VT-d chapter 11, "Extended Capability Register").
public struct ExtendedCapabilityRegister: Register {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

extension BitField where Owner == ExtendedCapabilityRegister, Value == Bool {
    /// C: table walks see what is in the CPUs' caches.
    public static var c: Self { Self(0) }
    /// QI: queued invalidation.
    public static var qi: Self { Self(1) }
    /// DT: device TLBs.
    public static var dt: Self { Self(2) }
    /// IR: interrupt remapping.
    public static var ir: Self { Self(3) }
    /// EIM: 32-bit destinations, those of x2APIC.
    public static var eim: Self { Self(4) }
    /// PT: translation type "pass-through".
    public static var pt: Self { Self(6) }
    /// SC: snoop control, the SNP bit of paging entries.
    public static var sc: Self { Self(7) }
    /// SMTS: scalable mode.
    public static var smts: Self { Self(43) }
}

extension BitField where Owner == ExtendedCapabilityRegister, Value == UInt16 {
    /// IRO: offset of the IOTLB registers, in units of 16 bytes.
    public static var iro: Self { Self(8...17) }
}

extension BitField where Owner == ExtendedCapabilityRegister, Value == UInt8 {
    /// MHMV: highest index mask of an interrupt entry cache invalidation.
    public static var mhmv: Self { Self(20...23) }
}
