import Interrupts
import Testing
import VIOMMU

@Suite struct SidecoreTests {
    /// A guest whose driver is running, with registers in memory.
    static func machine() -> SidecoreMachine {
        let machine = SidecoreMachine()
        machine.start()
        machine.runAll()
        #expect(machine.open())
        machine.lay()
        return machine
    }

    // MARK: - What went wrong with registers that are always memory

    /// A driver that looks at the status right behind a command, as Linux does while it doesn't
    /// know how long it may wait, finds the command carried out.
    @Test func commandsAreDoneAtTheFirstLook() {
        let machine = SidecoreMachine()
        let steps: [(UInt32, UInt32)] = [
            (1 << 26, 1 << 26), (1 << 26 | 1 << 24, 1 << 24), (1 << 26 | 1 << 25, 1 << 25),
            (1 << 26 | 1 << 25 | 1 << 30, 1 << 30), (1 << 26 | 1 << 25 | 1 << 31, 1 << 31),
        ]
        machine.write64(Machine.rootTable, RegisterOffset.rootTableAddress)
        machine.write64(Machine.queue, RegisterOffset.invalidationQueueAddress)
        for (command, done) in steps {
            // Not before the last of them.
            #expect(!machine.open())
            machine.write32(command, RegisterOffset.globalCommand)
            #expect(machine.read32(RegisterOffset.globalStatus) & done != 0)
        }
        #expect(machine.open())
    }

    /// An error of the queue can be cleared by writing back what was read.
    @Test func queueErrorIsCleared() {
        let machine = Self.machine()
        let before = machine.effects.count
        machine.memory.write128(0, at: Machine.queue)
        machine.write32(1 << 4, RegisterOffset.invalidationQueueTail)
        #expect(machine.view.hasWork())
        machine.run()
        // Not as long as the guest could write to memory.
        #expect(machine.isLeaving)
        #expect(machine.read32(RegisterOffset.faultStatus) == 0)
        #expect(machine.effects.count == before)
        machine.close()
        machine.runAll()
        #expect(
            machine.effects.last == .interrupt(InterruptMessage(address: 0xfee0_0000, data: 0x31)))
        let status = machine.read32(RegisterOffset.faultStatus)
        #expect(status == 1 << 4)
        #expect(!machine.open())
        machine.memory.write128(
            WaitDescriptor(status: 7, address: Machine.status).rawValue, at: Machine.queue)
        machine.write32(status, RegisterOffset.faultStatus)
        #expect(machine.read32(RegisterOffset.faultStatus) == 0)
        #expect(machine.memory.read32(at: Machine.status) == 7)
        #expect(machine.open())
    }

    /// A fault that the guest has cleared isn't seen again.
    @Test func faultIsClearedAtOnce() {
        let machine = Self.machine()
        let fault = RegisterOffset.faultRecording + 12
        for source: UInt16 in [0x20, 0x28] {
            machine.translate(0x5000, sourceID: source)
            machine.run()
            #expect(machine.read32(fault) >> 31 == 0)
            machine.close()
            machine.runAll()
            let index = UInt64(machine.read32(RegisterOffset.faultStatus) >> 8 & 0xff) * 16
            #expect(machine.read32(fault + index) >> 31 == 1)
            #expect(machine.read32(fault + index - 4) & 0xffff == UInt32(source))
            machine.write32(1 << 31, fault + index)
            #expect(machine.read32(fault + index) >> 31 == 0)
            #expect(machine.read32(RegisterOffset.faultStatus) & 0xff == 0)
            #expect(machine.open())
            machine.lay()
            #expect(machine.read32(fault + index) >> 31 == 0)
        }
        let interrupts = machine.effects.filter { if case .interrupt = $0 { true } else { false } }
        #expect(interrupts.count == 2)
    }

    // MARK: - Who owns what

    @Test func queueIsServed() {
        let machine = Self.machine()
        #expect(!machine.view.hasWork(thorough: true))
        for round in 1...1000 {
            let slot = UInt64(round - 1) % 256
            machine.memory.write128(
                WaitDescriptor(status: UInt32(round), address: Machine.status).rawValue,
                at: Machine.queue + slot * 16)
            machine.write32((UInt32(round) % 256) << 4, RegisterOffset.invalidationQueueTail)
            #expect(machine.view.hasWork())
            #expect(!machine.run())
            #expect(machine.memory.read32(at: Machine.status) == UInt32(round))
            #expect(machine.read64(RegisterOffset.invalidationQueueHead) == UInt64(round % 256) << 4)
            #expect(!machine.view.hasWork(thorough: true))
        }
        #expect(machine.view.statistics.consumed == 1000)
        #expect(machine.view.statistics.closed == 0)
    }

    /// As long as it isn't empty there is work, however often it was looked at.
    @Test func queueIsALevel() {
        let machine = Self.machine()
        for slot: UInt64 in 0..<100 {
            machine.memory.write128(
                WaitDescriptor(status: 1, address: Machine.status).rawValue,
                at: Machine.queue + slot * 16)
        }
        machine.write32(100 << 4, RegisterOffset.invalidationQueueTail)
        #expect(machine.run(budget: 30))
        #expect(machine.view.hasWork())
        #expect(machine.read64(RegisterOffset.invalidationQueueHead) == 30 << 4)
        machine.runAll()
        #expect(!machine.view.hasWork())
    }

    @Test func commandsOfRegisters() {
        let machine = Self.machine()
        let before = machine.effects.count
        // In halves, the lower one first.
        machine.write32(5, RegisterOffset.contextCommand)
        #expect(!machine.view.hasWork())
        machine.write32(1 << 31 | 2 << 29, RegisterOffset.contextCommand + 4)
        #expect(machine.view.hasWork())
        machine.run()
        #expect(machine.effects.last == .devicesChanged(.domain(5)))
        // Not complete before that was carried out, and not begun again.
        #expect(machine.read64(RegisterOffset.contextCommand) >> 63 == 1)
        #expect(!machine.view.hasWork())
        machine.run()
        #expect(machine.read64(RegisterOffset.contextCommand) >> 59 == 0b01010)
        // The address is read when the command is.
        machine.write64(0x1234_5000, RegisterOffset.invalidateAddress)
        machine.write64(1 << 63 | 3 << 60 | 9 << 32, RegisterOffset.iotlbInvalidate)
        machine.runAll()
        #expect(
            machine.effects.last
                == .mappingsChanged(.range(domain: 9, addresses: 0x1234_5000...0x1234_5fff)))
        #expect(machine.read64(RegisterOffset.iotlbInvalidate) >> 63 == 0)
        #expect(machine.effects.count == before + 2)
    }

    /// What a driver wrote before the page opened, and didn't use until then.
    @Test func halfACommandIsKept() {
        let machine = SidecoreMachine()
        machine.start()
        machine.write64(0x7000, RegisterOffset.invalidateAddress)
        machine.write32(0x0012_0005, RegisterOffset.contextCommand)
        #expect(machine.open())
        machine.lay()
        machine.write32(1 << 31 | 3 << 29, RegisterOffset.contextCommand + 4)
        machine.runAll()
        machine.write64(1 << 63 | 3 << 60, RegisterOffset.iotlbInvalidate)
        machine.runAll()
        let mask = FunctionMask(bits: 0)
        #expect(machine.effects.suffix(2) == [
            .devicesChanged(.functions(sourceID: 0x12, mask: mask)),
            .mappingsChanged(.range(domain: 0, addresses: 0x7000...0x7fff)),
        ])
    }

    /// A mask that was written before a fault counts, whether or not it was seen by then.
    @Test func maskIsSeenBeforeTheInterrupt() {
        let machine = Self.machine()
        machine.write32(1 << 31, RegisterOffset.faultEventControl)
        let before = machine.effects.count
        machine.translate(0x5000, sourceID: 0x20)
        machine.runAll()
        #expect(machine.effects.count == before)
        #expect(machine.read32(RegisterOffset.faultEventControl) == 0xc000_0000)
        // Unmasked, it comes.
        machine.write32(0, RegisterOffset.faultEventControl)
        #expect(machine.effects.count == before + 1)
    }

    /// The message is what the guest has written last.
    @Test func messageIsReadWhenItIsSent() {
        let machine = Self.machine()
        machine.write32(0x44, RegisterOffset.faultEventData)
        machine.write32(0xfee0_3000, RegisterOffset.faultEventAddress)
        machine.translate(0x5000, sourceID: 0x20)
        machine.write32(0x55, RegisterOffset.faultEventData)
        machine.runAll()
        #expect(
            machine.effects.last == .interrupt(InterruptMessage(address: 0xfee0_3000, data: 0x55)))
    }

    @Test func masksAreTaken() {
        let machine = Self.machine()
        for value: UInt32 in [1 << 31, 0, .max, 0x7fff_ffff] {
            machine.write32(value, RegisterOffset.invalidationEventControl)
            machine.runAll()
            #expect(
                machine.read32(RegisterOffset.invalidationEventControl) == value & 1 << 31)
        }
        #expect(!machine.view.hasWork(thorough: true))
    }

    @Test func readOnlyRegistersAreRestored() {
        let machine = Self.machine()
        let offsets = [
            RegisterOffset.version, RegisterOffset.capability, RegisterOffset.capability + 4,
            RegisterOffset.extendedCapability, RegisterOffset.globalStatus,
            RegisterOffset.faultStatus, RegisterOffset.invalidationQueueHead,
            RegisterOffset.invalidationQueueAddress, RegisterOffset.invalidationCompletionStatus,
            RegisterOffset.invalidationQueueError, RegisterOffset.faultRecording + 7 * 16 + 12,
        ]
        let before = offsets.map { machine.read32($0) }
        for offset in offsets { machine.write32(0xa5a5_a5a5, offset) }
        #expect(machine.view.hasWork(thorough: true))
        machine.runAll()
        #expect(offsets.map { machine.read32($0) } == before)
        #expect(machine.view.statistics.repaired == UInt64(offsets.count))
        #expect(!machine.view.hasWork(thorough: true))
        // The head is read from the library's own copy, not from what the guest made of it.
        machine.write32(0x100, RegisterOffset.invalidationQueueHead)
        #expect(!machine.view.hasWork())
    }

    // MARK: - Opening and closing

    /// A driver that clears ICS_REG and then waits for it would see what it wrote. It has registers
    /// that trap, until another driver starts.
    @Test func completionStatusTraps() {
        let machine = Self.machine()
        machine.memory.write128(5 | 1 << 4, at: Machine.queue)
        machine.write32(1 << 4, RegisterOffset.invalidationQueueTail)
        machine.runAll()
        #expect(machine.read32(RegisterOffset.invalidationCompletionStatus) == 1)
        machine.write32(1, RegisterOffset.invalidationCompletionStatus)
        #expect(machine.read32(RegisterOffset.invalidationCompletionStatus) == 0)
        #expect(!machine.open())
        machine.write32(1 << 31, RegisterOffset.globalCommand)
        machine.write32(0, RegisterOffset.invalidationQueueTail)
        machine.write32(1 << 31 | 1 << 26, RegisterOffset.globalCommand)
        #expect(machine.open())
    }

    /// Nothing that was in the page is lost when it closes.
    @Test func closingTakesEverything() {
        let machine = Self.machine()
        machine.memory.write128(
            WaitDescriptor(status: 3, address: Machine.status).rawValue, at: Machine.queue)
        machine.write32(0x66, RegisterOffset.invalidationEventData)
        machine.write64(0x9000, RegisterOffset.rootTableAddress)
        machine.write64(0xa000 | 3, RegisterOffset.interruptRemappingTableAddress)
        machine.write64(0x7000, RegisterOffset.invalidateAddress)
        machine.write64(1 << 63 | 3 << 60 | 2 << 32, RegisterOffset.iotlbInvalidate)
        machine.write32(1 << 4, RegisterOffset.invalidationQueueTail)
        machine.write32(1 << 31 | 1 << 30 | 1 << 26 | 1 << 25, RegisterOffset.globalCommand)
        machine.close()
        machine.runAll()
        #expect(machine.read32(RegisterOffset.invalidationEventData) == 0x66)
        #expect(machine.read64(RegisterOffset.rootTableAddress) == 0x9000)
        #expect(machine.read64(RegisterOffset.interruptRemappingTableAddress) == 0xa003)
        #expect(machine.iommu.view.rootTable == 0x9000)
        #expect(machine.memory.read32(at: Machine.status) == 3)
        #expect(machine.effects.suffix(2) == [
            .devicesChanged(.all), .mappingsChanged(.range(domain: 2, addresses: 0x7000...0x7fff)),
        ])
    }

    /// A command closes the page, and is carried out before doorbells that may rely on it.
    @Test func commandClosesThePage() {
        let machine = Self.machine()
        machine.memory.write128(
            WaitDescriptor(status: 3, address: Machine.status).rawValue, at: Machine.queue)
        machine.write64(0x9000, RegisterOffset.rootTableAddress)
        machine.write32(1 << 31 | 1 << 30 | 1 << 26 | 1 << 25, RegisterOffset.globalCommand)
        machine.write32(1 << 4, RegisterOffset.invalidationQueueTail)
        #expect(machine.view.hasWork())
        #expect(machine.run() && machine.isLeaving)
        #expect(machine.memory.read32(at: Machine.status) == 0)
        // Again, as long as it isn't closed.
        #expect(machine.run() && machine.isLeaving)
        machine.close()
        machine.run()
        #expect(machine.effects.last == .devicesChanged(.all))
        #expect(machine.memory.read32(at: Machine.status) == 0)
        machine.runAll()
        #expect(machine.memory.read32(at: Machine.status) == 3)
        #expect(machine.open())
        // Translation off: registers from now on.
        machine.lay()
        machine.write32(1 << 26, RegisterOffset.globalCommand)
        machine.runAll()
        #expect(!machine.view.isOpen && !machine.open())
        #expect(machine.read32(RegisterOffset.globalStatus) == 1 << 30 | 1 << 26 | 1 << 24)
    }

    /// Not while an effect is carried out: the next call says that it has been.
    @Test func doesNotOpenInTheMiddle() {
        let machine = SidecoreMachine()
        machine.start()
        machine.memory.write128(
            IOTLBInvalidateDescriptor(granularity: .global).rawValue, at: Machine.queue)
        machine.iommu.write(1 << 4, at: RegisterOffset.invalidationQueueTail, size: 4)
        #expect(machine.run())
        #expect(!machine.open())
        #expect(!machine.run())
        #expect(machine.open())
        #expect(!machine.open())
    }

    /// Accesses that exited before the page was laid.
    @Test func lateExitsGoToThePage() {
        let machine = SidecoreMachine()
        machine.start()
        #expect(machine.open())
        machine.memory.write128(
            WaitDescriptor(status: 9, address: Machine.status).rawValue, at: Machine.queue)
        machine.write64(1 << 4, RegisterOffset.invalidationQueueTail)
        machine.write32(0x77, RegisterOffset.faultEventData)
        #expect(machine.read32(RegisterOffset.faultEventData) == 0x77)
        #expect(machine.read32(RegisterOffset.globalCommand) == 0)
        machine.runAll()
        #expect(machine.memory.read32(at: Machine.status) == 9)
        // Bytes, odd places, and beyond the end.
        for size in 1...8 {
            #expect(
                machine.view.read(at: RegisterOffset.capability + 1, size: size)
                    == machine.iommu.read(at: RegisterOffset.capability + 1, size: size))
        }
        #expect(machine.view.read(at: RegisterOffset.version, size: 1) == 0x10)
        #expect(machine.view.read(at: 0xfff, size: 8) == 0)
        machine.view.write(.max, at: 0xffc, size: 8)
        machine.view.write(.max, at: .max, size: 8)
        machine.view.write(.max, at: 0x81, size: 4)
        #expect(!machine.view.hasWork(thorough: true))
    }

    @Test func pagesThatCannotBe() {
        #expect(SidecoreView(page: nil, faultRegisters: 1) == nil)
        let page = GuestPage()
        #expect(SidecoreView(page: page.address + 4, faultRegisters: 1) == nil)
    }
}
