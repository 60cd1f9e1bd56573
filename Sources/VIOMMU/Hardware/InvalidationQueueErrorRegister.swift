import Interrupts

/// IQERCD_REG: what FSTS.IQE was set for (VT-d chapter 11, "Invalidation Queue Error Record
/// Register").
public struct InvalidationQueueErrorRegister: Register {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

extension BitField where Owner == InvalidationQueueErrorRegister, Value == InvalidationQueueError {
    /// IQEI: invalidation queue error info. Means nothing with FSTS.IQE clear.
    public static var iqei: Self { Self(0...3) }
}
