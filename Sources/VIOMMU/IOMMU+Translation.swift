import Interrupts

/// Why a DMA request is blocked.
private struct Blocked: Error {
    var reason: FaultReason
    /// Whether the fault is recorded: not if it is one that FPD in the context entry qualifies and
    /// that is set.
    var isRecorded = true
}

extension IOMMU {
    /// A device makes a DMA request.
    ///
    /// - Parameters:
    ///   - sourceID: of the device: bus in bits 15:8, device in 7:3, function in 2:0.
    ///   - address: as the device uses it.
    ///   - recordsFault: false to ask what would become of a request that isn't one.
    public mutating func translate(
        sourceID: UInt16, address: UInt64, isWrite: Bool, recordsFault: Bool = true
    ) -> Translation {
        if InterruptAddressRange.addresses.contains(address) {
            if isWrite { return .interruptRequest }
            return block(
                Blocked(reason: .interruptRequestInvalid, isRecorded: status[.ires]),
                sourceID: sourceID, address: address, isWrite: false, recordsFault)
        }
        guard status[.tes] else { return .identity }
        do throws(Blocked) {
            let context = try context(of: sourceID)
            do throws(FaultReason) {
                return try translate(address, isWrite: isWrite, context)
            } catch {
                throw Blocked(reason: error, isRecorded: !context.faultProcessingDisabled)
            }
        } catch {
            return block(
                error, sourceID: sourceID, address: address, isWrite: isWrite, recordsFault)
        }
    }

    private mutating func block(
        _ blocked: Blocked, sourceID: UInt16, address: UInt64, isWrite: Bool, _ recordsFault: Bool
    ) -> Translation {
        guard recordsFault else { return .blocked(blocked.reason) }
        statistics.blockedRequests &+= 1
        if blocked.isRecorded {
            record(
                FaultRecordingRegister(
                    sourceID: sourceID, reason: blocked.reason, address: address,
                    isWrite: isWrite))
        }
        return .blocked(blocked.reason)
    }

    private mutating func translate(
        _ address: UInt64, isWrite: Bool, _ context: DeviceContext
    ) throws(FaultReason) -> Translation {
        guard context.type != .passThrough else {
            guard address &>> UInt64(configuration.hostAddressWidth) == 0 else {
                throw .addressBeyondWidth
            }
            return .identity
        }
        guard address <= context.table.width.lastAddress else { throw .addressBeyondWidth }
        let page = try page(of: address, isWrite: isWrite, context)
        guard page.isCut else { return .page(page) }
        let small = page.smallPage(at: address)
        guard !InterruptAddressRange.addresses.overlaps(small.outputs) else {
            throw .interruptAddress
        }
        return .page(small)
    }

    /// The page of an address, from the IOTLB or else from the tables.
    private mutating func page(
        of address: UInt64, isWrite: Bool, _ context: DeviceContext
    ) throws(FaultReason) -> MappedPage {
        if let page = iotlb.page(domain: context.domain, address: address) {
            statistics.iotlbHits &+= 1
            guard isWrite ? page.isWritable : page.isReadable else {
                throw isWrite ? .writeDenied : .readDenied
            }
            return page
        }
        statistics.iotlbMisses &+= 1
        let page = try context.table.page(of: address, isWrite: isWrite, in: memory, configuration)
        iotlb.insert(page, domain: context.domain)
        return page
    }

    /// The context of a device, from the cache or else from the tables.
    private mutating func context(of sourceID: UInt16) throws(Blocked) -> DeviceContext {
        if let context = contexts.context(of: sourceID) {
            statistics.contextHits &+= 1
            return context
        }
        statistics.contextMisses &+= 1
        let context = try readContext(of: sourceID)
        contexts.insert(context, for: sourceID)
        return context
    }

    /// Root table, then context table (VT-d 3.4.2 and 3.4.3).
    private func readContext(of sourceID: UInt16) throws(Blocked) -> DeviceContext {
        guard rootTable[.ttm] == 0 else { throw Blocked(reason: .translationTableModeInvalid) }
        let bus = UInt64(sourceID &>> 8)
        guard let raw = memory.read128(at: rootTable.address &+ bus &* RootEntry.size) else {
            throw Blocked(reason: .rootEntryUnreadable)
        }
        let root = RootEntry(rawValue: raw)
        guard root[.p] else { throw Blocked(reason: .rootEntryNotPresent) }
        guard !root.hasReservedBits(hostAddressWidth: configuration.hostAddressWidth) else {
            throw Blocked(reason: .rootEntryReserved)
        }
        let function = UInt64(sourceID & 0xff)
        guard let raw = memory.read128(at: root.contextTable &+ function &* ContextEntry.size)
        else { throw Blocked(reason: .contextEntryUnreadable) }
        let entry = ContextEntry(rawValue: raw)
        do throws(FaultReason) {
            return try check(entry)
        } catch {
            throw Blocked(reason: error, isRecorded: !entry[.fpd])
        }
    }

    private func check(_ entry: ContextEntry) throws(FaultReason) -> DeviceContext {
        guard entry[.p] else { throw .contextEntryNotPresent }
        guard
            !entry.hasReservedBits(
                hostAddressWidth: configuration.hostAddressWidth,
                domainIDBits: configuration.domainIDBits)
        else { throw .contextEntryReserved }
        guard let width = AddressWidth(encoding: entry[.aw]),
            width.rawValue <= configuration.addressWidth.rawValue
        else { throw .contextEntryInvalid }
        switch entry[.tt] {
        case .secondLevel: break
        case .deviceTLB where configuration.deviceTLB: break
        case .passThrough where configuration.passThrough: break
        default: throw .contextEntryInvalid
        }
        return DeviceContext(
            domain: entry[.did], type: entry[.tt],
            table: SecondLevelTable(address: entry.secondLevelTable, width: width),
            faultProcessingDisabled: entry[.fpd])
    }

    // MARK: - For those that mirror mappings

    /// What a device's addresses mean now. Nothing is recorded if that is a fault.
    public mutating func addressSpace(of sourceID: UInt16) -> DeviceAddressSpace {
        guard status[.tes] else { return .identity }
        do throws(Blocked) {
            let context = try context(of: sourceID)
            return context.type == .passThrough ? .identity : .domain(id: context.domain)
        } catch {
            return .blocked(error.reason)
        }
    }

    /// A walk through the mappings of a device.
    ///
    /// - Parameters:
    ///   - addresses: as the device uses them. Mappings are cut to them.
    ///   - joined: whether what is contiguous becomes one mapping, else each page is one.
    /// - Returns: nil unless the device's address space is that of a domain.
    public mutating func mappings(
        of sourceID: UInt16, in addresses: ClosedRange<UInt64> = .min ... .max,
        joined: Bool = true
    ) -> MappingWalk? {
        guard status[.tes] else { return nil }
        do throws(Blocked) {
            let context = try context(of: sourceID)
            guard context.type != .passThrough else { return nil }
            return MappingWalk(context.table, in: addresses, joined: joined)
        } catch {
            return nil
        }
    }

    /// Goes on with a walk. Bound to the tables that were the device's when it began: it is to be
    /// given up when an effect says that the device has changed.
    ///
    /// - Parameter budget: how many paging entries may be read; what is left of it afterwards,
    ///   which may be less than zero by three.
    public func continueWalk(_ walk: inout MappingWalk, budget: inout Int) -> MappingWalk.Step {
        walk.step(in: memory, configuration, budget: &budget)
    }
}

extension MappedPage {
    /// Whether part of it can't be used because it is an interrupt or leads to such. Only 4 KiB
    /// at a time can be handed out of it then.
    var isCut: Bool {
        InterruptAddressRange.addresses.overlaps(addresses)
            || InterruptAddressRange.addresses.overlaps(outputs)
    }
}
