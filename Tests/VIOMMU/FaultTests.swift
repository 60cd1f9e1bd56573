import Interrupts
import Testing
import VIOMMU

@Suite struct FaultTests {
    private static let event = Effect.interrupt(
        InterruptMessage(address: 0xfee0_2000, data: 0x51))

    /// A machine that translates, with no device in a domain, and fault events unmasked.
    private static func machine(registers: UInt8 = 8) -> Machine {
        let machine = Machine { $0.faultRecordingRegisters = registers }
        machine.enableTranslation()
        machine.write32(0xfee0_2000, RegisterOffset.faultEventAddress)
        machine.write32(0x51, RegisterOffset.faultEventData)
        machine.write32(0, RegisterOffset.faultEventControl)
        return machine
    }

    @Test func recordOfARequest() {
        let machine = Self.machine()
        #expect(
            machine.translate(0x1234_5678, write: true, sourceID: 0x42)
                == .blocked(.contextEntryNotPresent))
        #expect(machine.effects() == [Self.event])
        #expect(machine.faultStatus.rawValue == 1 << 1)
        let write = machine.fault(0)
        #expect(write[.f] && !write[.t1] && !write[.t2])
        #expect(write[.sid] == 0x42 && write[.fr] == .contextEntryNotPresent)
        #expect(write[.fi] == 0x12345 && write[.at] == 0)
        _ = machine.translate(0xffff_ffff_ffff_ffff, sourceID: 0x100)
        let read = machine.fault(1)
        #expect(read.rawValue == 0xc000_0001_0000_0100_ffff_ffff_ffff_f000)
        // The first is what the driver begins with.
        #expect(machine.faultStatus[.fri] == 0)
        #expect(machine.effects() == [])
    }

    @Test func writeOneToClear() {
        let machine = Self.machine()
        _ = machine.translate(0, sourceID: 0x10)
        _ = machine.translate(0, sourceID: 0x11)
        #expect(machine.effects() == [Self.event])
        let last = RegisterOffset.faultRecording + 12
        // Zeros, and the other words, clear nothing.
        machine.write32(0x7fff_ffff, last)
        for word: UInt64 in 0..<3 {
            machine.write32(.max, RegisterOffset.faultRecording + word * 4)
        }
        machine.write32(1 << 1, RegisterOffset.faultStatus)
        #expect(machine.fault(0)[.f])
        machine.write32(.max, last)
        #expect(!machine.fault(0)[.f] && machine.fault(0)[.sid] == 0x10)
        #expect(machine.faultStatus[.ppf])
        machine.write64(1 << 63, RegisterOffset.faultRecording + 16 + 8)
        #expect(!machine.faultStatus.isPending)
        // The next fault is a new event, in the next register.
        _ = machine.translate(0, sourceID: 0x12)
        #expect(machine.effects() == [Self.event])
        #expect(machine.faultStatus[.fri] == 2)
        #expect(machine.fault(2)[.sid] == 0x12)
    }

    @Test func overflow() {
        for count: UInt8 in [1, 2, 8, 128] {
            let machine = Self.machine(registers: count)
            for sourceID in 0..<UInt16(count) {
                _ = machine.translate(0, sourceID: sourceID)
                #expect(!machine.faultStatus[.pfo])
            }
            #expect(machine.effects() == [Self.event])
            _ = machine.translate(0, sourceID: 0xf0)
            #expect(machine.faultStatus[.pfo] && machine.faultStatus[.ppf])
            #expect(machine.effects() == [])
            #expect(machine.fault(0)[.sid] == 0)
            // With a register free but the overflow not cleared, faults are still dropped.
            machine.clearFault(0)
            _ = machine.translate(0, sourceID: 0xf1)
            #expect(!machine.fault(0)[.f])
            machine.write32(1, RegisterOffset.faultStatus)
            #expect(!machine.faultStatus[.pfo])
            _ = machine.translate(0, sourceID: 0xf2)
            #expect(machine.fault(0)[.sid] == 0xf2)
            // Beyond the last register there is nothing.
            #expect(machine.fault(UInt64(count)).rawValue == 0)
        }
    }

    /// A device that goes astray does not hide another's faults.
    @Test func oneRecordForEachDevice() {
        let machine = Self.machine()
        for page in 0..<1000 { _ = machine.translate(UInt64(page) << 12, sourceID: 0x10) }
        _ = machine.translate(0x5000, sourceID: 0x11)
        #expect(!machine.faultStatus[.pfo])
        #expect(machine.fault(0)[.sid] == 0x10 && machine.fault(0)[.fi] == 0)
        #expect(machine.fault(1)[.sid] == 0x11 && machine.fault(1)[.fi] == 5)
        #expect(!machine.fault(2)[.f])
        #expect(machine.iommu.statistics.blockedRequests == 1001)
        #expect(machine.iommu.statistics.recordedFaults == 2)
    }

    @Test func maskedEvent() {
        let machine = Self.machine()
        let control = RegisterOffset.faultEventControl
        machine.write32(1 << 31, control)
        _ = machine.translate(0)
        #expect(machine.effects() == [])
        #expect(machine.read32(control) == 3 << 30)
        #expect(machine.write32(1 << 31, control) == [])
        #expect(machine.write32(0, control) == [Self.event])
        #expect(machine.read32(control) == 0)
        machine.clearFault(0)
        // Serviced while masked.
        machine.write32(1 << 31, control)
        _ = machine.translate(0)
        #expect(machine.read32(control) == 3 << 30)
        machine.clearFault(1)
        #expect(machine.read32(control) == 1 << 31)
        #expect(machine.write32(0, control) == [])
    }

    /// While something is pending, nothing further raises the event, be it of another kind.
    @Test func eventsAreNotRepeated() {
        let machine = Self.machine()
        machine.enableQueue()
        _ = machine.translate(0)
        #expect(machine.effects() == [Self.event])
        #expect(machine.submit(InvalidationDescriptor(rawValue: 0)) == [])
        #expect(machine.faultStatus.rawValue == 1 << 4 | 1 << 1)
        machine.clearFault(0)
        _ = machine.translate(0)
        #expect(machine.effects() == [])
        #expect(machine.faultStatus.rawValue == 1 << 8 | 1 << 4 | 1 << 1)
    }

    @Test func faultProcessingDisable() {
        let machine = Self.machine()
        let top = machine.newTable()
        func isRecorded(_ change: (inout ContextEntry) -> Void) -> Bool {
            var entry = ContextEntry(domain: 1, type: .secondLevel, width: .bits48, table: top)
            entry[.fpd] = true
            change(&entry)
            machine.setContext(0x10, entry)
            machine.enableTranslation()
            guard case .blocked = machine.translate(0x1000) else {
                Issue.record("not blocked")
                return false
            }
            return machine.faultStatus.isPending
        }
        // Faults that FPD qualifies, the entry itself included.
        #expect(!isRecorded { _ in })
        #expect(!isRecorded { $0[.p] = false })
        #expect(!isRecorded { $0[.reserved11to4] = 1 })
        #expect(!isRecorded { $0[.tt] = .reserved })
        #expect(!isRecorded { $0[.slptptr] = 1 << 30 })
        #expect(machine.iommu.statistics.blockedRequests == 5)
        #expect(isRecorded { $0[.fpd] = false })
        machine.clearFault(0)
        // And such that come before it is read.
        machine.memory.write128(0, at: Machine.rootTable)
        #expect(isRecorded { _ in })
    }

    /// What would become of a request can be asked without leaving a trace.
    @Test func questionsAreNotRecorded() {
        let machine = Self.machine()
        machine.enableInterruptRemapping()
        #expect(
            machine.iommu.translate(
                sourceID: 0x10, address: 0, isWrite: true, recordsFault: false)
                == .blocked(.contextEntryNotPresent))
        #expect(
            machine.iommu.remap(
                InterruptRequest(sourceID: 0x10, address: 0xfee0_0010, data: 0),
                recordsFault: false) == .blocked(.interruptEntryNotPresent))
        #expect(!machine.faultStatus.isPending)
        #expect(machine.iommu.statistics.blockedRequests == 0)
    }

    @Test func readOfTheInterruptAddressRange() {
        let machine = Self.machine()
        #expect(machine.translate(0xfee0_0000) == .blocked(.interruptRequestInvalid))
        #expect(!machine.faultStatus.isPending)
        machine.enableInterruptRemapping()
        #expect(machine.translate(0xfee0_0000) == .blocked(.interruptRequestInvalid))
        #expect(machine.fault(0)[.fr] == .interruptRequestInvalid)
    }
}
