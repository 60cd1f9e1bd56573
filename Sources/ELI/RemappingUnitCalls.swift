import CELI
import VIOMMU

extension eli_viommu_request: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_viommu_request>.size }
}

extension eli_viommu_effect: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_viommu_effect>.size }
}

extension eli_viommu_state: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_viommu_state>.size }
}

/// The calls of `eli_viommu_ops` on an IOMMU as a whole. See `eli_viommu.h`.
enum RemappingUnitCalls {
    static func create(
        _ request: UnsafePointer<eli_viommu_request>?,
        _ unit: UnsafeMutablePointer<OpaquePointer?>?, _ message: MessageBuffer
    ) -> Int32 {
        guard let unit else {
            message.write("no place to store the IOMMU")
            return -EINVAL
        }
        guard let request = eli_viommu_request.copy(from: request) else {
            message.write("no eli_viommu_request, or one that is too small")
            return -EINVAL
        }
        guard let memory = VMMMemory(request) else {
            message.write("eli_viommu_request lacks a callback for the guest's memory")
            return -EINVAL
        }
        guard let configuration = configuration(request, message) else { return -EINVAL }
        unit.pointee = RemappingUnit(configuration, memory: memory).retainedPointer()
        return 0
    }

    /// - Returns: nil, with the reason in `message`, if a value is out of its range.
    private static func configuration(
        _ request: eli_viommu_request, _ message: MessageBuffer
    ) -> IOMMUConfiguration? {
        var result = IOMMUConfiguration()
        guard request.flags <= ELI_VIOMMU_EXTENDED_INTERRUPT_MODE * 2 - 1 else {
            message.write("eli_viommu_request has flags that this library does not know")
            return nil
        }
        guard let width = UInt8(exactly: request.address_width),
            let addressWidth = AddressWidth(rawValue: width)
        else {
            message.write("the address width of an IOMMU is 39 or 48 bits")
            return nil
        }
        guard (32...52).contains(request.host_address_width) else {
            message.write("the guest's physical addresses have 32 to 52 bits")
            return nil
        }
        guard (4...16).contains(request.domain_id_bits), request.domain_id_bits % 2 == 0 else {
            message.write("domain ids have 4, 6, ... or 16 bits")
            return nil
        }
        guard (1...128).contains(request.fault_registers) else {
            message.write("an IOMMU has 1 to 128 fault recording registers")
            return nil
        }
        func has(_ flag: UInt32) -> Bool { request.flags & flag != 0 }
        guard has(ELI_VIOMMU_INTERRUPT_REMAPPING) || !has(ELI_VIOMMU_EXTENDED_INTERRUPT_MODE) else {
            message.write("extended interrupt mode needs interrupt remapping")
            return nil
        }
        result.addressWidth = addressWidth
        result.hostAddressWidth = UInt8(truncatingIfNeeded: request.host_address_width)
        result.domainIDBits = UInt8(truncatingIfNeeded: request.domain_id_bits)
        result.faultRecordingRegisters = UInt8(truncatingIfNeeded: request.fault_registers)
        result.cachingMode = has(ELI_VIOMMU_CACHING_MODE)
        result.passThrough = has(ELI_VIOMMU_PASS_THROUGH)
        result.snoopControl = has(ELI_VIOMMU_SNOOP_CONTROL)
        result.deviceTLB = has(ELI_VIOMMU_DEVICE_TLB)
        result.interruptRemapping = has(ELI_VIOMMU_INTERRUPT_REMAPPING)
        result.extendedInterruptMode = has(ELI_VIOMMU_EXTENDED_INTERRUPT_MODE)
        return result
    }

    static func reset(_ unit: OpaquePointer?) {
        guard let unit else { return }
        let object = RemappingUnit.from(unit)
        object.closeView()
        object.iommu.reset()
    }

    static func read(_ unit: OpaquePointer?, _ offset: UInt64, _ size: UInt32) -> UInt64 {
        guard let unit else { return 0 }
        let object = RemappingUnit.from(unit)
        if let view = object.openView { return view.read(at: offset, size: Int(size)) }
        return object.iommu.read(at: offset, size: Int(size))
    }

    static func write(
        _ unit: OpaquePointer?, _ offset: UInt64, _ value: UInt64, _ size: UInt32
    ) {
        guard let unit else { return }
        let object = RemappingUnit.from(unit)
        if let view = object.openView {
            view.write(value, at: offset, size: Int(size))
        } else {
            object.iommu.write(value, at: offset, size: Int(size))
        }
    }

    static func nextEffect(
        _ unit: OpaquePointer?, _ budget: UnsafeMutablePointer<UInt32>?,
        _ effect: UnsafeMutablePointer<eli_viommu_effect>?
    ) -> Int32 {
        // Before anything is done: an effect that can't be stored would be lost.
        guard let unit, let budget, eli_viommu_effect().store(to: effect) else { return -EINVAL }
        var rest = Int(budget.pointee)
        let object = RemappingUnit.from(unit)
        let next = object.iommu.nextEffect(budget: &rest, view: object.view)
        budget.pointee = UInt32(clamping: rest)
        return eli_viommu_effect(next).store(to: effect) ? 0 : -EINVAL
    }

    static func save(
        _ unit: OpaquePointer?, _ words: UnsafeMutablePointer<UInt64>?, _ count: UInt32
    ) -> UInt32 {
        guard let unit else { return 0 }
        let buffer = UnsafeMutableBufferPointer(start: words, count: words == nil ? 0 : Int(count))
        return UInt32(clamping: RemappingUnit.from(unit).iommu.save(into: buffer))
    }

    static func restore(
        _ unit: OpaquePointer?, _ words: UnsafePointer<UInt64>?, _ count: UInt32
    ) -> Int32 {
        guard let unit, words != nil else { return -EINVAL }
        let buffer = UnsafeBufferPointer(start: words, count: Int(count))
        let object = RemappingUnit.from(unit)
        object.closeView()
        return object.iommu.restore(from: buffer) ? 0 : -EINVAL
    }

    static func state(
        _ unit: OpaquePointer?, _ state: UnsafeMutablePointer<eli_viommu_state>?
    ) -> Int32 {
        guard let unit else { return -EINVAL }
        let object = RemappingUnit.from(unit)
        var answer = eli_viommu_state(object.iommu.statistics)
        let view = object.iommu.view
        answer.translating = view.isTranslating ? 1 : 0
        answer.remapping = view.isRemappingInterrupts ? 1 : 0
        answer.queued = view.isQueueEnabled ? 1 : 0
        answer.queue_error = view.queueError
        answer.queue_head = view.queueHead
        answer.queue_tail = view.queueTail
        answer.pending_faults = view.pendingFaults
        answer.root_table = view.rootTable
        answer.interrupt_table = view.interruptTable
        return answer.store(to: state) ? 0 : -EINVAL
    }
}

extension eli_viommu_state {
    init(_ counts: Statistics) {
        self.init()
        iotlb_hits = counts.iotlbHits
        iotlb_misses = counts.iotlbMisses
        context_hits = counts.contextHits
        context_misses = counts.contextMisses
        interrupt_entry_hits = counts.interruptEntryHits
        interrupt_entry_misses = counts.interruptEntryMisses
        blocked_requests = counts.blockedRequests
        recorded_faults = counts.recordedFaults
        descriptors = counts.descriptors
        queue_errors = counts.queueErrors
    }
}

extension eli_viommu_effect {
    /// - Parameter effect: nil if there is nothing to do.
    init(_ effect: Effect?) {
        self.init()
        switch effect {
        case nil: kind = UInt32(ELI_VIOMMU_IDLE)
        case .interrupt(let message):
            kind = UInt32(ELI_VIOMMU_INTERRUPT)
            address = message.address
            data = message.data
        case .devicesChanged(let devices):
            kind = UInt32(ELI_VIOMMU_DEVICES_CHANGED)
            select(devices)
        case .mappingsChanged(let mappings):
            kind = UInt32(ELI_VIOMMU_MAPPINGS_CHANGED)
            select(mappings)
        case .deviceTLBInvalidated(let source, let addresses):
            kind = UInt32(ELI_VIOMMU_DEVICE_TLB_INVALIDATED)
            source_id = UInt32(source)
            (first, last) = (addresses.lowerBound, addresses.upperBound)
        case .interruptEntriesChanged(let entries):
            kind = UInt32(ELI_VIOMMU_INTERRUPT_ENTRIES_CHANGED)
            (first, last) = (UInt64(entries.lowerBound), UInt64(entries.upperBound))
        case .paused: kind = UInt32(ELI_VIOMMU_PAUSED)
        case .registersTrap: kind = UInt32(ELI_VIOMMU_REGISTERS_TRAP)
        }
    }

    private mutating func select(_ devices: DeviceSelection) {
        switch devices {
        case .all: scope = UInt32(ELI_VIOMMU_ALL)
        case .domain(let id):
            scope = UInt32(ELI_VIOMMU_DOMAIN)
            domain = UInt32(id)
        case .functions(let source, let mask):
            scope = UInt32(ELI_VIOMMU_FUNCTIONS)
            source_id = UInt32(source)
            source_mask = UInt32(mask.compared)
        }
    }

    private mutating func select(_ mappings: MappingSelection) {
        switch mappings {
        case .all: scope = UInt32(ELI_VIOMMU_ALL)
        case .domain(let id):
            scope = UInt32(ELI_VIOMMU_DOMAIN)
            domain = UInt32(id)
        case .range(let id, let addresses):
            scope = UInt32(ELI_VIOMMU_RANGE)
            domain = UInt32(id)
            (first, last) = (addresses.lowerBound, addresses.upperBound)
        }
    }
}
