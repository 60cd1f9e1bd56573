/// What has happened since the IOMMU was made. Counts wrap.
public struct Statistics: Equatable, Sendable {
    /// Translations found in the IOTLB.
    public var iotlbHits: UInt64 = 0
    /// Translations that took a walk through the tables.
    public var iotlbMisses: UInt64 = 0
    /// Context entries found in the cache.
    public var contextHits: UInt64 = 0
    public var contextMisses: UInt64 = 0
    /// Interrupt remapping entries found in the cache.
    public var interruptEntryHits: UInt64 = 0
    public var interruptEntryMisses: UInt64 = 0
    /// Requests that were blocked.
    public var blockedRequests: UInt64 = 0
    /// Faults that got into a fault recording register.
    public var recordedFaults: UInt64 = 0
    /// Descriptors of the invalidation queue that have been executed.
    public var descriptors: UInt64 = 0
    /// Errors of the invalidation queue.
    public var queueErrors: UInt64 = 0

    public init() {}
}
