import Interrupts

/// IQH_REG and IQT_REG, which are alike: offset of a descriptor from the queue's start (VT-d
/// chapter 11, "Invalidation Queue Head Register", "Invalidation Queue Tail Register").
public struct InvalidationQueueOffsetRegister: Register {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// - Parameter index: number of the descriptor, 128 bits each.
    public init(index: UInt32) {
        rawValue = 0
        self[.index] = index
    }

    /// Bits that software can write in the tail.
    static var writable: UInt64 { 0x7fff0 }
}

extension BitField where Owner == InvalidationQueueOffsetRegister, Value == UInt32 {
    /// QH or QT: number of the descriptor.
    public static var index: Self { Self(4...18) }
}
