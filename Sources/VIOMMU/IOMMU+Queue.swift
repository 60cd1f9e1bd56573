import Interrupts

extension IOMMU {
    /// How much of the budget it takes to look at all entries of a cache: about what it takes in
    /// time, compared with a descriptor that needs no such search.
    private static var searchCost: Int { 50 }

    /// Executes the descriptor at the head of the queue.
    ///
    /// - Returns: what the VMM has to do before it is complete. If nil, it is, or the queue has
    ///   stopped with an error.
    mutating func executeDescriptor(budget: inout Int) -> Effect? {
        do throws(InvalidationQueueError) {
            let descriptor = try queue.descriptor(in: memory)
            let effect = try execute(descriptor, budget: &budget)
            statistics.descriptors &+= 1
            if effect == nil { queue.advance() }
            return effect
        } catch {
            let wasPending = faultStatus.isPending
            queue.fail(error)
            statistics.queueErrors &+= 1
            if !wasPending { faultEvent.raise() }
            return nil
        }
    }

    private mutating func execute(
        _ descriptor: InvalidationDescriptor, budget: inout Int
    ) throws(InvalidationQueueError) -> Effect? {
        let raw = descriptor.rawValue
        switch descriptor.type {
        case .contextCache:
            return try execute(ContextCacheInvalidateDescriptor(rawValue: raw), budget: &budget)
        case .iotlb:
            return try execute(IOTLBInvalidateDescriptor(rawValue: raw), budget: &budget)
        case .deviceTLB where configuration.deviceTLB:
            return try execute(DeviceTLBInvalidateDescriptor(rawValue: raw))
        case .interruptEntryCache where configuration.interruptRemapping:
            let descriptor = InterruptEntryCacheInvalidateDescriptor(rawValue: raw)
            return try execute(descriptor, budget: &budget)
        case .wait:
            try execute(WaitDescriptor(rawValue: raw))
            return nil
        default:
            throw .invalidType
        }
    }

    private mutating func execute(
        _ descriptor: ContextCacheInvalidateDescriptor, budget: inout Int
    ) throws(InvalidationQueueError) -> Effect {
        guard descriptor.rawValue & ContextCacheInvalidateDescriptor.reserved == 0 else {
            throw .reservedField
        }
        guard
            let devices = DeviceSelection(
                descriptor[.g], domain: descriptor[.did], sourceID: descriptor[.sid],
                mask: descriptor[.fm])
        else { throw .reservedField }
        if devices != .all { budget -= Self.searchCost }
        contexts.invalidate(devices)
        return .devicesChanged(devices)
    }

    private mutating func execute(
        _ descriptor: IOTLBInvalidateDescriptor, budget: inout Int
    ) throws(InvalidationQueueError) -> Effect {
        guard descriptor.rawValue & IOTLBInvalidateDescriptor.reserved == 0 else {
            throw .reservedField
        }
        guard
            let mappings = MappingSelection(
                descriptor[.g], domain: descriptor[.did], page: descriptor[.addr],
                addressMask: descriptor[.am])
        else { throw .reservedField }
        if iotlb.invalidate(mappings) { budget -= Self.searchCost }
        return .mappingsChanged(mappings)
    }

    private func execute(
        _ descriptor: DeviceTLBInvalidateDescriptor
    ) throws(InvalidationQueueError) -> Effect {
        guard descriptor.rawValue & DeviceTLBInvalidateDescriptor.reserved == 0 else {
            throw .reservedField
        }
        return .deviceTLBInvalidated(sourceID: descriptor[.sid], addresses: descriptor.addresses)
    }

    private mutating func execute(
        _ descriptor: InterruptEntryCacheInvalidateDescriptor, budget: inout Int
    ) throws(InvalidationQueueError) -> Effect {
        guard descriptor.rawValue & InterruptEntryCacheInvalidateDescriptor.reserved == 0 else {
            throw .reservedField
        }
        guard descriptor[.g] else {
            interruptEntries.invalidateAll()
            return .interruptEntriesChanged(.min ... .max)
        }
        guard descriptor[.im] <= IOMMUConfiguration.highestIndexMask else { throw .reservedField }
        let low: UInt16 = 1 &<< UInt16(descriptor[.im]) &- 1
        let indices = descriptor[.iidx] & ~low...descriptor[.iidx] | low
        if interruptEntries.invalidate(indices) { budget -= Self.searchCost }
        return .interruptEntriesChanged(indices)
    }

    /// All that comes before it has been carried out.
    private mutating func execute(
        _ descriptor: WaitDescriptor
    ) throws(InvalidationQueueError) {
        guard descriptor.rawValue & WaitDescriptor.reserved == 0 else { throw .reservedField }
        if descriptor[.sw] {
            let address = descriptor[.statusAddress] &<< 2
            // The specification has no error for it, but without one the guest would just wait.
            guard memory.write32(descriptor[.statusData], at: address) else { throw .memoryAccess }
        }
        if descriptor[.if] { usesCompletionStatus = true }
        if descriptor[.if], !completionStatus[.iwc] {
            completionStatus[.iwc] = true
            completionEvent.raise()
        }
    }
}
