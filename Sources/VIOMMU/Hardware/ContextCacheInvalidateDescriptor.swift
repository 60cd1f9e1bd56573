import Interrupts

/// Context-cache invalidate descriptor (VT-d 6.5.2.1).
public struct ContextCacheInvalidateDescriptor: Register {
    public var rawValue: UInt128

    public init(rawValue: UInt128) { self.rawValue = rawValue }

    public init(granularity: Granularity) {
        rawValue = UInt128(InvalidationDescriptorType.contextCache.rawValue)
        self[.g] = granularity
    }

    static var reserved: UInt128 { 0xffff_ffff_ffff_ffff_fffc_0000_0000_f1c0 }
}

extension BitField where Owner == ContextCacheInvalidateDescriptor, Value == Granularity {
    /// G: granularity.
    public static var g: Self { Self(4...5) }
}

extension BitField where Owner == ContextCacheInvalidateDescriptor, Value == UInt16 {
    /// DID: domain id.
    public static var did: Self { Self(16...31) }
    /// SID: source-id.
    public static var sid: Self { Self(32...47) }
}

extension BitField where Owner == ContextCacheInvalidateDescriptor, Value == FunctionMask {
    /// FM: which bits of the source-id's function number to ignore.
    public static var fm: Self { Self(48...49) }
}
