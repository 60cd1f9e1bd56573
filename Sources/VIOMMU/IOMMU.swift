import Interrupts

/// A VT-d compatible IOMMU: legacy mode, second-level translation, queued invalidation, interrupt
/// remapping.
///
/// ## How it is used
/// - The guest's accesses to the register page go to `read` and `write`, a device's requests to
///   `translate` and `remap`.
/// - After a `write`, and after a `translate` or `remap` that blocked a request, the caller asks
///   for effects until there are none, and carries out each before it asks for the next: by that
///   it says that it has done so. Only then does the guest see its command completed. Nothing is
///   called back, so the caller may use all other functions while it carries out an effect.
/// - Calls must not overlap. Nothing blocks, and each call does a bounded amount of work.
///
/// Whatever the guest writes, to registers, tables or queue, leads to results that the
/// specification has for it, to faults, or to nothing.
public struct IOMMU<Memory: GuestMemory>: ~Copyable {
    /// What the guest reads from CAP_REG and ECAP_REG.
    public let configuration: IOMMUConfiguration
    /// What has happened so far.
    public internal(set) var statistics = Statistics()

    let memory: Memory

    /// GSTS_REG as it is in effect.
    var status = GlobalStatusRegister(rawValue: 0)
    /// GSTS_REG as the guest reads it: it learns of a change when the change's effects have been
    /// carried out.
    var reportedStatus = GlobalStatusRegister(rawValue: 0)

    /// RTADDR_REG as written, and as it was at GCMD.SRTP.
    var rootTableAddress = RootTableAddressRegister(rawValue: 0)
    var rootTable = RootTableAddressRegister(rawValue: 0)
    /// IRTA_REG as written, and as it was at GCMD.SIRTP.
    var interruptTableAddress = InterruptRemappingTableAddressRegister(rawValue: 0)
    var interruptTable = InterruptRemappingTableAddressRegister(rawValue: 0)

    var contextCommand = ContextCommandRegister(rawValue: 0)
    var iotlbInvalidate = IOTLBInvalidateRegister(rawValue: 0)
    var invalidateAddress = InvalidateAddressRegister(rawValue: 0)

    var queue = InvalidationQueue()
    var completionStatus = InvalidationCompletionStatusRegister(rawValue: 0)
    var completionEvent = EventInterrupt()
    /// Software asks for completion status, so it looks at ICS_REG: since the queue was enabled.
    var usesCompletionStatus = false

    var faults: FaultLog
    var faultEvent = EventInterrupt()

    var contexts = ContextCache()
    var iotlb = IOTLB()
    var interruptEntries = InterruptEntryCache()

    /// What the caller is carrying out, if completing it is more than going on.
    var inProgress = Operation.none
    /// Effects of global commands that are still to be given out.
    var allDevicesChanged = false
    var allInterruptEntriesChanged = false

    /// What is completed when the caller comes back for the next effect.
    enum Operation {
        case none
        /// CCMD_REG.
        case contextCommand
        /// IOTLB_REG.
        case iotlbInvalidate
        /// The descriptor at the head of the queue.
        case descriptor
    }

    /// - Parameters:
    ///   - configuration: values out of range are brought into it.
    ///   - memory: the guest's.
    public init(_ configuration: IOMMUConfiguration, memory: Memory) {
        self.configuration = configuration.normalized
        self.memory = memory
        faults = FaultLog(count: self.configuration.faultRecordingRegisters)
    }

    /// The state after power-on. Effects that haven't been given out are dropped; the caller knows
    /// that all devices are untranslated now, and has to act as for `.devicesChanged(.all)` and
    /// `.interruptEntriesChanged` of all entries.
    public mutating func reset() {
        status = GlobalStatusRegister(rawValue: 0)
        reportedStatus = status
        rootTableAddress = RootTableAddressRegister(rawValue: 0)
        rootTable = rootTableAddress
        interruptTableAddress = InterruptRemappingTableAddressRegister(rawValue: 0)
        interruptTable = interruptTableAddress
        contextCommand = ContextCommandRegister(rawValue: 0)
        iotlbInvalidate = IOTLBInvalidateRegister(rawValue: 0)
        invalidateAddress = InvalidateAddressRegister(rawValue: 0)
        queue = InvalidationQueue()
        completionStatus = InvalidationCompletionStatusRegister(rawValue: 0)
        completionEvent = EventInterrupt()
        usesCompletionStatus = false
        faults.reset()
        faultEvent = EventInterrupt()
        contexts.invalidateAll()
        iotlb.invalidateAll()
        interruptEntries.invalidateAll()
        inProgress = .none
        allDevicesChanged = false
        allInterruptEntriesChanged = false
    }

    /// Whether DMA requests are translated, GSTS.TES.
    public var isTranslating: Bool { status[.tes] }
    /// Whether interrupt requests are remapped, GSTS.IRES.
    public var isRemappingInterrupts: Bool { status[.ires] }
}
