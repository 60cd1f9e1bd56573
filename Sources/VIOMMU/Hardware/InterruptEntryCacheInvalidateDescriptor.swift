import Interrupts

/// Interrupt entry cache invalidate descriptor (VT-d 6.5.2.7).
public struct InterruptEntryCacheInvalidateDescriptor: Register {
    public var rawValue: UInt128

    public init(rawValue: UInt128) { self.rawValue = rawValue }

    /// - Parameter isIndexSelective: whether only the entries that IIDX and IM name are meant.
    public init(isIndexSelective: Bool) {
        rawValue = UInt128(InvalidationDescriptorType.interruptEntryCache.rawValue)
        self[.g] = isIndexSelective
    }

    static var reserved: UInt128 { 0xffff_ffff_ffff_ffff_ffff_0000_07ff_f1e0 }
}

extension BitField where Owner == InterruptEntryCacheInvalidateDescriptor, Value == Bool {
    /// G: index-selective if set, global if clear.
    public static var g: Self { Self(4) }
}

extension BitField where Owner == InterruptEntryCacheInvalidateDescriptor, Value == UInt8 {
    /// IM: index mask: 2^IM entries, naturally aligned.
    public static var im: Self { Self(27...31) }
}

extension BitField where Owner == InterruptEntryCacheInvalidateDescriptor, Value == UInt16 {
    /// IIDX: interrupt index of the first entry.
    public static var iidx: Self { Self(32...47) }
}
