import Interrupts
import SplitMix64
import Testing
import VIOMMU

@Suite struct StateTests {
    private static func save(_ machine: Machine) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: machine.iommu.stateSize)
        words.withUnsafeMutableBufferPointer { _ = machine.iommu.save(into: $0) }
        return words
    }

    private static func restore(_ words: [UInt64], into machine: Machine) -> Bool {
        words.withUnsafeBufferPointer { machine.iommu.restore(from: $0) }
    }

    /// A guest that doesn't notice that it goes on elsewhere.
    @Test func roundTrip() {
        let source = Machine()
        source.setContext(
            0x10, ContextEntry(domain: 1, type: .passThrough, width: .bits48, table: 0))
        source.enableTranslation()
        source.enableQueue()
        source.enableInterruptRemapping(extended: true)
        source.write64(0x1234_5000, RegisterOffset.rootTableAddress)
        source.write64(1 << 63 | 2 << 60 | 5 << 32, RegisterOffset.iotlbInvalidate)
        source.write32(0xfee0_1000, RegisterOffset.faultEventAddress)
        source.write32(7, RegisterOffset.faultEventUpperAddress)
        source.write32(0x99, RegisterOffset.invalidationEventData)
        source.submit(WaitDescriptor())
        source.submit(InvalidationDescriptor(rawValue: 0))
        for sourceID: UInt16 in 0..<9 { _ = source.translate(0x5000, sourceID: sourceID) }
        source.clearFault(0)

        let target = Machine()
        target.memory.words = source.memory.words
        #expect(Self.restore(Self.save(source), into: target))
        for offset in stride(from: UInt64(0), to: 0x1000, by: 8) {
            #expect(target.read64(offset) == source.read64(offset), "register \(offset)")
        }
        #expect(
            target.effects() == [.devicesChanged(.all), .interruptEntriesChanged(0...0xffff)])
        #expect(target.translate(0x1000) == .identity)
        #expect(target.translate(0x1000, sourceID: 0x11) == .blocked(.contextEntryNotPresent))
        // Both go on in the same way: the queue from its error, faults, and what is pending.
        for machine in [source, target] {
            machine.memory.write128(
                WaitDescriptor(status: 5, address: Machine.status).rawValue,
                at: Machine.queue + 16)
            machine.write32(1 << 4 | 1, RegisterOffset.faultStatus)
            #expect(machine.memory.read32(at: Machine.status) == 5)
            _ = machine.translate(0x7000, sourceID: 0x20)
            #expect(machine.fault(0)[.sid] == 0x20)
            #expect(
                machine.write32(0, RegisterOffset.invalidationEventControl)
                    == [.interrupt(InterruptMessage(address: 0, data: 0x99))])
        }
    }

    /// What a descriptor asks for is done in the new place if it wasn't in the old one.
    @Test func savedInTheMiddle() {
        let source = Machine()
        source.enableQueue()
        source.enqueue(IOTLBInvalidateDescriptor(granularity: .global))
        source.iommu.write(1 << 4, at: RegisterOffset.invalidationQueueTail, size: 8)
        #expect(source.next() == .mappingsChanged(.all))
        let target = Machine()
        target.memory.words = source.memory.words
        #expect(Self.restore(Self.save(source), into: target))
        #expect(
            target.effects()
                == [
                    .devicesChanged(.all), .interruptEntriesChanged(0...0xffff),
                    .mappingsChanged(.all),
                ])
        #expect(target.read64(RegisterOffset.invalidationQueueHead) == 1 << 4)
    }

    @Test func statesOfOthersAreRefused() {
        let machine = Machine()
        machine.enableTranslation()
        let state = Self.save(machine)
        let other = Machine { $0.faultRecordingRegisters = 9 }
        #expect(!Self.restore(state, into: other))
        #expect(!Self.restore([], into: machine))
        #expect(!Self.restore(Array(state.dropLast()), into: machine))
        var changed = state
        changed[0] += 1
        #expect(!Self.restore(changed, into: machine))
        #expect(machine.globalStatus[.tes])
    }

    /// A state that no IOMMU has written: registers have no impossible bits, and nothing traps.
    @Test func malformedStates() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<Machine.randomCases / 1000 {
            let machine = Machine(pages: 16) {
                $0.interruptRemapping = random.below(2) == 0
                $0.extendedInterruptMode = random.below(2) == 0
            }
            var state = Self.save(machine)
            for word in 2..<state.count { state[word] = random.next() }
            #expect(Self.restore(state, into: machine))
            for _ in 0..<40 { _ = machine.next(budget: 100) }
            _ = machine.translate(random.next() >> 16)
            _ = machine.remap(0xfee0_0010, 0)
            #expect(machine.globalStatus.rawValue & 0x387f_ffff == 0)
            #expect(machine.read64(RegisterOffset.rootTableAddress) & 0x3ff == 0)
            #expect(machine.read64(RegisterOffset.invalidationQueueTail) & ~0x7fff0 == 0)
            #expect(machine.read32(RegisterOffset.faultEventControl) & 0x3fff_ffff == 0)
            #expect(machine.read32(RegisterOffset.invalidationEventAddress) & 3 == 0)
            #expect(machine.fault(1).rawValue & 0xfff == 0)
        }
    }
}
