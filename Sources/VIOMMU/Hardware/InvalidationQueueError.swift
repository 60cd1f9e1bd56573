import Interrupts

/// Values of IQERCD.IQEI.
public struct InvalidationQueueError: BitFieldValue, Error, Equatable {
    /// The encoding, 0...15.
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue & 0xf }
    public init(bits: UInt64) { self.init(rawValue: UInt8(truncatingIfNeeded: bits)) }
    public var bits: UInt64 { UInt64(rawValue) }

    /// The tail lies beyond the queue.
    public static let invalidTail = InvalidationQueueError(rawValue: 1)
    /// A descriptor can't be read, or what it asks to write can't be written.
    public static let memoryAccess = InvalidationQueueError(rawValue: 2)
    public static let invalidType = InvalidationQueueError(rawValue: 3)
    /// A reserved bit or encoding is used in a descriptor of valid type.
    public static let reservedField = InvalidationQueueError(rawValue: 4)
    /// IQA.DW is set.
    public static let invalidWidth = InvalidationQueueError(rawValue: 5)
}
