import Interrupts

/// IQA_REG: where the invalidation queue is (VT-d chapter 11, "Invalidation Queue Address
/// Register").
public struct InvalidationQueueAddressRegister: Register {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Guest-physical address of the queue, aligned to 4 KiB.
    public var address: UInt64 { rawValue & ~0xfff }

    /// Number of descriptors of 128 bits: 256...32768.
    public var count: UInt32 { 256 &<< UInt32(self[.qs]) }

    /// Bits that software can write.
    static var writable: UInt64 { 0xffff_ffff_ffff_f807 }
}

extension BitField where Owner == InvalidationQueueAddressRegister, Value == UInt8 {
    /// QS: the queue has 2^QS pages.
    public static var qs: Self { Self(0...2) }
}

extension BitField where Owner == InvalidationQueueAddressRegister, Value == Bool {
    /// DW: descriptors have 256 bits. Only for scalable mode, an error here.
    public static var dw: Self { Self(11) }
}
