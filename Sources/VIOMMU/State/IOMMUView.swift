import Interrupts

/// How an IOMMU is, for people.
public struct IOMMUView: Equatable, Sendable {
    /// DMA requests are translated, GSTS.TES.
    public var isTranslating: Bool
    /// Interrupt requests are remapped, GSTS.IRES.
    public var isRemappingInterrupts: Bool
    /// Invalidations are queued, GSTS.QIES.
    public var isQueueEnabled: Bool
    /// IQERCD.IQEI while FSTS.IQE is set, else 0.
    public var queueError: UInt8
    /// Number of the descriptor that is executed next.
    public var queueHead: UInt32
    /// Number of the first that isn't the queue's.
    public var queueTail: UInt32
    /// Fault recording registers that the guest hasn't cleared.
    public var pendingFaults: UInt32
    /// Guest-physical addresses, as in effect.
    public var rootTable: UInt64
    public var interruptTable: UInt64
}

extension IOMMU {
    public var view: IOMMUView {
        IOMMUView(
            isTranslating: isTranslating, isRemappingInterrupts: isRemappingInterrupts,
            isQueueEnabled: queue.isEnabled,
            queueError: queue.error.map { UInt8(truncatingIfNeeded: $0.bits) } ?? 0,
            queueHead: queue.head, queueTail: queue.tail[.index], pendingFaults: faults.pending,
            rootTable: rootTable.address, interruptTable: interruptTable.address)
    }
}
