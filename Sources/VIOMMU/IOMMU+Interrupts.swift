import Interrupts

/// Why an interrupt request is blocked.
private struct Blocked: Error {
    var reason: FaultReason
    /// Index that the request has, if it got that far.
    var index: UInt32 = 0
    /// Whether the fault is recorded: not if it is one that FPD in the entry qualifies and that is
    /// set.
    var isRecorded = true
}

extension IOMMU {
    /// A device or an I/O APIC makes an interrupt request (VT-d 5.1).
    ///
    /// - Parameter recordsFault: false to ask what would become of an interrupt that isn't one.
    public mutating func remap(
        _ request: InterruptRequest, recordsFault: Bool = true
    ) -> InterruptRemapping {
        guard status[.ires] else { return .unchanged }
        do throws(Blocked) {
            let address = RemappableMSIAddress(rawValue: request.address)
            guard address[.prefix] == 0xfee, address[.upper] == 0 else {
                throw Blocked(reason: .interruptRequestReserved)
            }
            guard address[.interruptFormat] else {
                // In extended interrupt mode they are blocked in any case.
                guard status[.cfis], !interruptTable[.eime] else {
                    throw Blocked(reason: .compatibilityFormatBlocked)
                }
                return .unchanged
            }
            let data = RemappableMSIData(rawValue: request.data)
            guard !address[.subhandleValid] || data[.reserved] == 0 else {
                throw Blocked(reason: .interruptRequestReserved)
            }
            let entry = try entry(at: address.interruptIndex(data), for: request.sourceID)
            return .remapped(RemappedInterrupt(entry, extended: interruptTable[.eime]))
        } catch {
            guard recordsFault else { return .blocked(error.reason) }
            statistics.blockedRequests &+= 1
            if error.isRecorded {
                record(
                    FaultRecordingRegister(
                        sourceID: request.sourceID, reason: error.reason,
                        interruptIndex: error.index))
            }
            return .blocked(error.reason)
        }
    }

    /// The entry that a request may use, from the cache or else from the table.
    private mutating func entry(
        at index: UInt32, for sourceID: UInt16
    ) throws(Blocked) -> InterruptRemappingEntry {
        guard index < interruptTable.count else {
            throw Blocked(reason: .interruptIndexBeyondTable, index: index)
        }
        let entry: InterruptRemappingEntry
        let number = UInt16(truncatingIfNeeded: index)
        if let cached = interruptEntries.entry(at: number) {
            statistics.interruptEntryHits &+= 1
            entry = cached
        } else {
            statistics.interruptEntryMisses &+= 1
            entry = try readEntry(at: index)
            interruptEntries.insert(entry, at: number)
        }
        guard entry.accepts(sourceID) else {
            throw Blocked(
                reason: .sourceIDMismatch, index: index, isRecorded: !entry[.fpd])
        }
        return entry
    }

    private func readEntry(at index: UInt32) throws(Blocked) -> InterruptRemappingEntry {
        let location = interruptTable.address &+ UInt64(index) &* InterruptRemappingEntry.size
        guard let raw = memory.read128(at: location) else {
            throw Blocked(reason: .interruptEntryUnreadable, index: index)
        }
        let entry = InterruptRemappingEntry(rawValue: raw)
        guard entry[.p] else {
            throw Blocked(
                reason: .interruptEntryNotPresent, index: index, isRecorded: !entry[.fpd])
        }
        guard !entry.hasReservedBits(extended: interruptTable[.eime]) else {
            throw Blocked(reason: .interruptEntryReserved, index: index, isRecorded: !entry[.fpd])
        }
        return entry
    }
}
