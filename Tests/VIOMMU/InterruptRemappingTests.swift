import Interrupts
import Testing
import VIOMMU

@Suite struct InterruptRemappingTests {
    /// A machine with a table of 256 entries.
    private static func machine(
        extended: Bool = false, _ configure: (inout IOMMUConfiguration) -> Void = { _ in }
    ) -> Machine {
        let machine = Machine(configure)
        machine.enableInterruptRemapping(extended: extended)
        return machine
    }

    private static func set(
        _ entry: InterruptRemappingEntry, at index: UInt64, _ machine: Machine
    ) {
        machine.memory.write128(entry.rawValue, at: Machine.interruptTable + index * 16)
    }

    private static func message(_ handle: UInt16) -> UInt64 {
        RemappableMSIAddress(handle: handle).rawValue
    }

    @Test func remapped() {
        let machine = Self.machine()
        var entry = InterruptRemappingEntry(vector: 0x41, dst: 0x0500)
        Self.set(entry, at: 3, machine)
        guard case .remapped(let plain) = machine.remap(Self.message(3), 0) else {
            Issue.record("not remapped")
            return
        }
        #expect(plain.vector == 0x41 && plain.destination == 5 && plain.deliveryMode == .fixed)
        #expect(!plain.isLogical && !plain.redirectionHint && !plain.isLevelTriggered)
        entry[.dm] = true
        entry[.rh] = true
        entry[.tm] = true
        entry[.dlm] = .lowestPriority
        Self.set(entry, at: 4, machine)
        guard case .remapped(let other) = machine.remap(Self.message(4), 0) else {
            Issue.record("not remapped")
            return
        }
        #expect(other.isLogical && other.redirectionHint && other.isLevelTriggered)
        #expect(other.deliveryMode == .lowestPriority)
    }

    @Test func extendedInterruptMode() {
        let machine = Self.machine(extended: true)
        Self.set(InterruptRemappingEntry(vector: 0x41, dst: 0x0001_2345), at: 0, machine)
        guard case .remapped(let interrupt) = machine.remap(Self.message(0), 0) else {
            Issue.record("not remapped")
            return
        }
        #expect(interrupt.destination == 0x12345)
        // EIME is not there to be set if EIM isn't reported: then the bits are reserved ones.
        let small = Self.machine(extended: true) { $0.extendedInterruptMode = false }
        Self.set(InterruptRemappingEntry(vector: 0x41, dst: 0x0001_2345), at: 0, small)
        #expect(small.remap(Self.message(0), 0) == .blocked(.interruptEntryReserved))
    }

    @Test func subhandles() {
        let machine = Self.machine()
        Self.set(InterruptRemappingEntry(vector: 0x50, dst: 0), at: 0x15, machine)
        Self.set(InterruptRemappingEntry(vector: 0x51, dst: 0), at: 0x10, machine)
        var address = RemappableMSIAddress(handle: 0x10)
        func vector(_ data: UInt32) -> UInt8? {
            guard case .remapped(let interrupt) = machine.remap(address.rawValue, data) else {
                return nil
            }
            return interrupt.vector
        }
        // Without SHV the data mean nothing.
        #expect(vector(5) == 0x51)
        #expect(vector(.max) == 0x51)
        address[.subhandleValid] = true
        #expect(vector(5) == 0x50)
        #expect(vector(0) == 0x51)
        #expect(machine.remap(address.rawValue, 1 << 16) == .blocked(.interruptRequestReserved))
        // 0x10 + 0xffff lies beyond every table, and must not wrap around.
        #expect(machine.remap(address.rawValue, 0xffff) == .blocked(.interruptIndexBeyondTable))
    }

    @Test func indexBeyondTheTable() {
        for size: UInt64 in 0...15 {
            let machine = Machine(pages: 300)
            machine.enableInterruptRemapping(size: size)
            let count = 2 << size
            #expect(
                machine.remap(Self.message(UInt16(count - 1)), 0)
                    == .blocked(.interruptEntryNotPresent))
            guard count < 1 << 16 else { continue }
            #expect(
                machine.remap(Self.message(UInt16(count)), 0, sourceID: 0x77)
                    == .blocked(.interruptIndexBeyondTable))
            let fault = machine.fault(1)
            #expect(fault[.sid] == 0x77 && fault[.fr] == .interruptIndexBeyondTable)
            #expect(fault[.fi] == UInt64(count) << 36)
        }
    }

    @Test func malformedEntries() {
        let machine = Self.machine()
        func result(_ change: (inout InterruptRemappingEntry) -> Void) -> InterruptRemapping {
            var entry = InterruptRemappingEntry(vector: 0x41, dst: 0)
            change(&entry)
            Self.set(entry, at: 0, machine)
            machine.command { $0[.sirtp] = true }
            return machine.remap(Self.message(0), 0)
        }
        #expect(result { $0[.p] = false } == .blocked(.interruptEntryNotPresent))
        for bit in [12, 13, 14, 24, 31, 32, 39, 48, 63, 84, 127] {
            #expect(result { $0.rawValue |= 1 << bit } == .blocked(.interruptEntryReserved))
        }
        // Posted format.
        #expect(result { $0[.im] = true } == .blocked(.interruptEntryReserved))
        #expect(
            result { $0[.dlm] = DeliveryMode(rawValue: 3) } == .blocked(.interruptEntryReserved))
        #expect(
            result { $0[.dlm] = DeliveryMode(rawValue: 6) } == .blocked(.interruptEntryReserved))
        for bit in [8, 11, 40, 47] {  // available to software, and the destination
            guard case .remapped = result({ $0.rawValue |= 1 << bit }) else {
                Issue.record("bit \(bit) is not reserved")
                continue
            }
        }
        // A table outside RAM.
        machine.write64(1 << 40 | 7, RegisterOffset.interruptRemappingTableAddress)
        machine.command { $0[.sirtp] = true }
        #expect(machine.remap(Self.message(0), 0) == .blocked(.interruptEntryUnreadable))
    }

    @Test func sourceValidation() {
        func accepts(
            _ type: SourceValidationType, sq: UInt8 = 0, sid: UInt16, from sourceID: UInt16
        ) -> Bool {
            let machine = Self.machine()
            var entry = InterruptRemappingEntry(vector: 0x41, dst: 0)
            entry[.svt] = type
            entry[.sq] = sq
            entry[.sid] = sid
            Self.set(entry, at: 0, machine)
            let result = machine.remap(Self.message(0), 0, sourceID: sourceID)
            if case .remapped = result { return true }
            #expect(result == .blocked(.sourceIDMismatch))
            #expect(machine.fault(0)[.fr] == .sourceIDMismatch)
            return false
        }
        #expect(accepts(.noVerification, sid: 0x1234, from: 0xffff))
        for sq: UInt8 in 0...3 {
            for function: UInt16 in 0...7 {
                let ignored: UInt16 = [0, 4, 6, 7][Int(sq)]
                #expect(
                    accepts(.sourceID, sq: sq, sid: 0x1232, from: 0x1230 | function)
                        == ((function ^ 2) & ~ignored == 0))
            }
            #expect(!accepts(.sourceID, sq: sq, sid: 0x1230, from: 0x1238))
            #expect(!accepts(.sourceID, sq: sq, sid: 0x1230, from: 0x1330))
        }
        for bus: UInt16 in [0x11, 0x12, 0x13, 0x20, 0x21] {
            #expect(
                accepts(.busRange, sid: 0x1220, from: bus << 8 | 0x99)
                    == (0x12...0x20).contains(bus))
        }
        #expect(!accepts(.busRange, sid: 0x2012, from: 0x1500))
        #expect(!accepts(.reserved, sid: 0x1234, from: 0x1234))
    }

    @Test func faultProcessingDisable() {
        let machine = Self.machine()
        var entry = InterruptRemappingEntry(rawValue: 0)
        entry[.fpd] = true
        Self.set(entry, at: 0, machine)
        #expect(machine.remap(Self.message(0), 0) == .blocked(.interruptEntryNotPresent))
        entry[.p] = true
        entry[.im] = true
        Self.set(entry, at: 0, machine)
        #expect(machine.remap(Self.message(0), 0) == .blocked(.interruptEntryReserved))
        entry[.im] = false
        entry[.svt] = .sourceID
        Self.set(entry, at: 0, machine)
        #expect(machine.remap(Self.message(0), 0) == .blocked(.sourceIDMismatch))
        #expect(!machine.faultStatus.isPending)
        #expect(machine.iommu.statistics.blockedRequests == 3)
    }

    @Test func compatibilityFormat() {
        let machine = Machine()
        let message: UInt64 = 0xfee0_1000
        #expect(machine.remap(message, 0x41) == .unchanged)
        machine.enableInterruptRemapping()
        #expect(machine.remap(message, 0x41) == .blocked(.compatibilityFormatBlocked))
        #expect(machine.fault(0)[.fr] == .compatibilityFormatBlocked)
        #expect(machine.fault(0)[.fi] == 0)
        machine.command { $0[.cfi] = true }
        #expect(machine.remap(message, 0x41) == .unchanged)
        // In extended interrupt mode they never pass.
        machine.enableInterruptRemapping(extended: true)
        #expect(machine.globalStatus[.cfis])
        #expect(machine.remap(message, 0x41) == .blocked(.compatibilityFormatBlocked))
        machine.command { $0[.ire] = false }
        #expect(machine.remap(message, 0x41) == .unchanged)
    }

    @Test func requestsThatAreNone() {
        let machine = Self.machine()
        Self.set(InterruptRemappingEntry(vector: 0x41, dst: 0), at: 0, machine)
        #expect(machine.remap(0x1_fee0_0010, 0) == .blocked(.interruptRequestReserved))
        #expect(machine.remap(0xfed0_0010, 0) == .blocked(.interruptRequestReserved))
        // Bits 1:0 of the address mean nothing.
        guard case .remapped = machine.remap(0xfee0_0013, 0) else {
            Issue.record("not remapped")
            return
        }
    }

    @Test func entriesAreCachedUntilInvalidated() {
        let machine = Self.machine()
        machine.enableQueue()
        func vectors() -> [UInt8] {
            (0..<64 as Range<UInt16>).map { index in
                guard case .remapped(let result) = machine.remap(Self.message(index), 0) else {
                    return 0
                }
                return result.vector
            }
        }
        func setAll(_ vector: UInt8) {
            for index in 0..<64 {
                Self.set(
                    InterruptRemappingEntry(vector: vector, dst: 0), at: UInt64(index), machine)
            }
        }
        setAll(1)
        #expect(vectors() == Array(repeating: 1, count: 64))
        setAll(2)
        #expect(vectors() == Array(repeating: 1, count: 64))
        for mask: UInt8 in 0...5 {
            var descriptor = InterruptEntryCacheInvalidateDescriptor(isIndexSelective: true)
            descriptor[.iidx] = 0x15  // not aligned to its mask
            descriptor[.im] = mask
            let first = (0x15 >> Int(mask)) << Int(mask)
            let range = first...first + (1 << Int(mask)) - 1
            #expect(
                machine.submit(descriptor)
                    == [
                        .interruptEntriesChanged(
                            UInt16(range.lowerBound)...UInt16(range.upperBound))
                    ])
            #expect(vectors() == (0..<64).map { range.contains($0) ? 2 : 1 })
        }
        let all = InterruptEntryCacheInvalidateDescriptor(isIndexSelective: false)
        #expect(machine.submit(all) == [.interruptEntriesChanged(0...0xffff)])
        #expect(vectors() == Array(repeating: 2, count: 64))
    }

    /// The table in effect is that at SIRTP, not what was written since.
    @Test func tablePointerIsLatched() {
        let machine = Self.machine()
        Self.set(InterruptRemappingEntry(vector: 0x41, dst: 0), at: 0, machine)
        machine.write64(0x6000 | 1 << 11, RegisterOffset.interruptRemappingTableAddress)
        guard case .remapped = machine.remap(Self.message(0), 0) else {
            Issue.record("not remapped")
            return
        }
        machine.command { $0[.sirtp] = true }
        #expect(machine.remap(Self.message(0), 0) == .blocked(.interruptEntryNotPresent))
    }
}
