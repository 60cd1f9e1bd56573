import Interrupts
import Testing
import VIOMMU

@Suite struct QueueTests {
    private static func machine(
        _ configure: (inout IOMMUConfiguration) -> Void = { _ in }
    ) -> Machine {
        let machine = Machine(configure)
        machine.enableQueue()
        return machine
    }

    private static func head(_ machine: Machine) -> UInt64 {
        machine.read64(RegisterOffset.invalidationQueueHead) >> 4
    }

    @Test func waitWritesItsStatus() {
        let machine = Self.machine()
        #expect(machine.submit(WaitDescriptor(status: 0x1234_5678, address: Machine.status)) == [])
        #expect(machine.memory.read32(at: Machine.status) == 0x1234_5678)
        #expect(machine.memory.read32(at: Machine.status + 4) == 0)
        #expect(Self.head(machine) == 1)
        machine.submit(WaitDescriptor(status: 2, address: Machine.status + 4))
        #expect(machine.memory.read32(at: Machine.status) == 0x1234_5678)
        #expect(machine.memory.read32(at: Machine.status + 4) == 2)
    }

    /// The status is written when what was to be done before has been carried out, and no sooner.
    @Test func waitComesAfterEffects() {
        let machine = Self.machine()
        machine.enqueue(IOTLBInvalidateDescriptor(granularity: .global))
        machine.enqueue(ContextCacheInvalidateDescriptor(granularity: .global))
        machine.enqueue(WaitDescriptor(status: 1, address: Machine.status))
        machine.iommu.write(3 << 4, at: RegisterOffset.invalidationQueueTail, size: 8)
        #expect(machine.memory.read32(at: Machine.status) == 0)
        #expect(machine.next() == .mappingsChanged(.all))
        #expect(Self.head(machine) == 0)
        #expect(machine.next() == .devicesChanged(.all))
        #expect(Self.head(machine) == 1)
        #expect(machine.memory.read32(at: Machine.status) == 0)
        #expect(machine.next() == nil)
        #expect(machine.memory.read32(at: Machine.status) == 1)
        #expect(Self.head(machine) == 3)
    }

    @Test func completionEvent() {
        let machine = Self.machine()
        let control = RegisterOffset.invalidationEventControl
        machine.write32(0xfee0_1000, RegisterOffset.invalidationEventAddress)
        machine.write32(0x1, RegisterOffset.invalidationEventUpperAddress)
        machine.write32(0x41, RegisterOffset.invalidationEventData)
        let interrupt = Effect.interrupt(
            InterruptMessage(address: 0x1_fee0_1000, data: 0x41))
        // Masked: it is pending, and sent when unmasked.
        #expect(machine.submit(WaitDescriptor()) == [])
        #expect(machine.read32(RegisterOffset.invalidationCompletionStatus) == 1)
        #expect(machine.read32(control) == 3 << 30)
        #expect(machine.write32(0, control) == [interrupt])
        #expect(machine.read32(control) == 0)
        #expect(machine.write32(0, control) == [])
        // IWC is still set: no further interrupt.
        #expect(machine.submit(WaitDescriptor()) == [])
        machine.write32(1, RegisterOffset.invalidationCompletionStatus)
        #expect(machine.read32(RegisterOffset.invalidationCompletionStatus) == 0)
        #expect(machine.submit(WaitDescriptor()) == [interrupt])
        // Serviced while masked: it need not be sent any more.
        machine.write32(1, RegisterOffset.invalidationCompletionStatus)
        machine.write32(1 << 31, control)
        machine.submit(WaitDescriptor())
        #expect(machine.read32(control) == 3 << 30)
        machine.write32(1, RegisterOffset.invalidationCompletionStatus)
        #expect(machine.read32(control) == 1 << 31)
        #expect(machine.write32(0, control) == [])
        // Without the interrupt flag there is none.
        #expect(machine.submit(WaitDescriptor(status: 1, address: Machine.status)) == [])
    }

    @Test func contextCacheInvalidation() {
        let machine = Self.machine()
        var descriptor = ContextCacheInvalidateDescriptor(granularity: .domain)
        descriptor[.did] = 0xabcd
        #expect(machine.submit(descriptor) == [.devicesChanged(.domain(0xabcd))])
        descriptor = ContextCacheInvalidateDescriptor(granularity: .device)
        descriptor[.sid] = 0x1234
        descriptor[.fm] = FunctionMask(rawValue: 3)
        #expect(
            machine.submit(descriptor)
                == [
                    .devicesChanged(
                        .functions(sourceID: 0x1234, mask: FunctionMask(rawValue: 3)))
                ])
    }

    /// A device-selective invalidation is one of the functions that FM leaves, and of no others.
    @Test func functionMasks() {
        for mask: UInt8 in 0...3 {
            for function: UInt16 in 0...7 {
                let machine = Self.machine()
                machine.enableTranslation()
                let sourceID = 0x10 | function
                let top = machine.newTable()
                var entry = ContextEntry(
                    domain: 1, type: .secondLevel, width: .bits48, table: top)
                machine.setContext(sourceID, entry)
                #expect(
                    machine.translate(0, sourceID: sourceID) == .blocked(.readDenied))
                entry[.p] = false
                machine.setContext(sourceID, entry)
                var descriptor = ContextCacheInvalidateDescriptor(granularity: .device)
                descriptor[.sid] = 0x12
                descriptor[.fm] = FunctionMask(rawValue: mask)
                machine.submit(descriptor)
                let ignored: UInt16 = [0, 4, 6, 7][Int(mask)]
                let isMatch = (function ^ 2) & ~ignored == 0
                #expect(
                    machine.translate(0, sourceID: sourceID)
                        == .blocked(isMatch ? .contextEntryNotPresent : .readDenied))
            }
        }
    }

    @Test func iotlbInvalidation() {
        let machine = Self.machine()
        var descriptor = IOTLBInvalidateDescriptor(granularity: .page)
        descriptor[.did] = 3
        descriptor[.addr] = 0x12345
        descriptor[.am] = 4
        descriptor[.ih] = true
        descriptor[.dr] = true
        descriptor[.dw] = true
        #expect(
            machine.submit(descriptor)
                == [.mappingsChanged(.range(domain: 3, addresses: 0x1234_0000...0x1234_ffff))])
        descriptor[.addr] = .max
        descriptor[.am] = 18
        #expect(
            machine.submit(descriptor)
                == [
                    .mappingsChanged(
                        .range(domain: 3, addresses: 0xffff_ffff_c000_0000...UInt64.max))
                ])
    }

    @Test func deviceTLBInvalidation() {
        let machine = Self.machine { $0.deviceTLB = true }
        var descriptor = DeviceTLBInvalidateDescriptor(sourceID: 0x10)
        descriptor[.addr] = 0x1237
        #expect(
            machine.submit(descriptor)
                == [.deviceTLBInvalidated(sourceID: 0x10, addresses: 0x123_7000...0x123_7fff)])
        // 0x1237 ends in 0111: with S, that is 16 pages.
        descriptor[.s] = true
        #expect(
            machine.submit(descriptor)
                == [.deviceTLBInvalidated(sourceID: 0x10, addresses: 0x123_0000...0x123_ffff)])
        descriptor[.addr] = .max
        #expect(
            machine.submit(descriptor)
                == [.deviceTLBInvalidated(sourceID: 0x10, addresses: 0...UInt64.max)])
    }

    /// IQE, and IQH at the descriptor, until the driver replaces it and clears IQE.
    @Test func errorsStopTheQueue() {
        let machine = Self.machine()
        machine.write32(0, RegisterOffset.faultEventControl)
        machine.write32(0xfee0_0000, RegisterOffset.faultEventAddress)
        machine.submit(WaitDescriptor(status: 1, address: Machine.status))
        machine.enqueue(InvalidationDescriptor(rawValue: 0))
        let effects = machine.submit(WaitDescriptor(status: 2, address: Machine.status))
        #expect(effects == [.interrupt(InterruptMessage(address: 0xfee0_0000, data: 0))])
        #expect(machine.faultStatus.rawValue == 1 << 4)
        #expect(machine.queueError == .invalidType)
        #expect(Self.head(machine) == 1)
        #expect(machine.memory.read32(at: Machine.status) == 1)
        // More work changes nothing.
        machine.write64(4 << 4, RegisterOffset.invalidationQueueTail)
        #expect(Self.head(machine) == 1)
        // Still bad: a new error, and a new event.
        #expect(machine.write32(1 << 4, RegisterOffset.faultStatus) == effects)
        #expect(machine.faultStatus[.iqe])
        machine.memory.write128(
            WaitDescriptor(status: 3, address: Machine.status + 4).rawValue,
            at: Machine.queue + 16)
        machine.write64(3 << 4, RegisterOffset.invalidationQueueTail)
        #expect(machine.write32(1 << 4, RegisterOffset.faultStatus) == [])
        #expect(machine.faultStatus.rawValue == 0)
        #expect(machine.memory.read32(at: Machine.status) == 2)
        #expect(machine.memory.read32(at: Machine.status + 4) == 3)
        #expect(Self.head(machine) == 3)
    }

    @Test func malformedDescriptors() {
        func error(
            _ raw: UInt128, _ configure: (inout IOMMUConfiguration) -> Void = { _ in }
        ) -> InvalidationQueueError? {
            let machine = Self.machine(configure)
            let effects = machine.submit(InvalidationDescriptor(rawValue: raw))
            guard machine.faultStatus[.iqe] else { return nil }
            #expect(effects == [])
            #expect(Self.head(machine) == 0)
            return machine.queueError
        }
        // Types: 6, 7 and 8 are those of scalable mode; bits 11:9 belong to the type.
        for type: UInt128 in [0, 6, 7, 8, 9, 15] { #expect(error(type) == .invalidType) }
        for bit in 9...11 { #expect(error(2 | 1 << 4 | 1 << bit) == .invalidType) }
        #expect(error(3) == .invalidType)  // no device TLB
        #expect(error(3) { $0.deviceTLB = true } == nil)
        #expect(error(4) == nil)
        #expect(error(4) { $0.interruptRemapping = false } == .invalidType)
        // Granularity 0.
        #expect(error(1) == .reservedField)
        #expect(error(2) == .reservedField)
        // Each reserved bit of each type. What isn't reserved is no error.
        let types: [(raw: UInt128, used: Set<Int>)] = [
            (1 | 1 << 4, Set([5] + Array(16...49))),
            (2 | 1 << 4, Set(Array(5...7) + Array(16...31) + Array(64...70) + Array(76...127))),
            (3, Set(Array(12...20) + Array(32...47) + Array(52...64) + Array(76...127))),
            (4, Set([4] + Array(27...47))),
            (5, Set(Array(4...6) + Array(32...63) + Array(66...127))),
        ]
        for (raw, used) in types {
            for bit in 4..<128 where !(9...11).contains(bit) && raw >> bit & 1 == 0 {
                let result = error(raw | 1 << bit) { $0.deviceTLB = true }
                #expect(
                    result == (used.contains(bit) ? nil : .reservedField),
                    "type \(raw & 15), bit \(bit)")
            }
        }
        // Masks above what is reported.
        var descriptor = IOTLBInvalidateDescriptor(granularity: .page)
        for mask: UInt8 in 0..<64 {
            descriptor[.am] = mask
            #expect(error(descriptor.rawValue) == (mask > 18 ? .reservedField : nil))
        }
        var entries = InterruptEntryCacheInvalidateDescriptor(isIndexSelective: true)
        for mask: UInt8 in 0..<32 {
            entries[.im] = mask
            #expect(error(entries.rawValue) == (mask > 15 ? .reservedField : nil))
        }
        // A status that can't be written.
        #expect(error(WaitDescriptor(status: 1, address: 1 << 40).rawValue) == .memoryAccess)
    }

    @Test func tailBeyondTheQueue() {
        let machine = Self.machine()
        machine.enqueue(WaitDescriptor(status: 1, address: Machine.status))
        machine.write64(256 << 4, RegisterOffset.invalidationQueueTail)
        #expect(machine.faultStatus[.iqe])
        #expect(machine.queueError == .invalidTail)
        #expect(Self.head(machine) == 0)
        #expect(machine.memory.read32(at: Machine.status) == 0)
        // With a valid tail and IQE cleared it goes on.
        machine.write64(1 << 4, RegisterOffset.invalidationQueueTail)
        machine.write32(1 << 4, RegisterOffset.faultStatus)
        #expect(machine.memory.read32(at: Machine.status) == 1)
        // The same tail is fine in a larger queue. Bits 3:0 of the tail are not there.
        let large = Machine()
        large.enableQueue(size: 1, at: 0x40000)
        large.memory.write128(5 | 1 << 4, at: 0x40000 + 511 * 16)
        for index in 0..<511 { large.memory.write128(5, at: 0x40000 + UInt64(index) * 16) }
        large.write64(256 << 4 | 0xf, RegisterOffset.invalidationQueueTail)
        #expect(Self.head(large) == 256)
        large.write64(511 << 4, RegisterOffset.invalidationQueueTail)
        large.write64(0, RegisterOffset.invalidationQueueTail)
        #expect(Self.head(large) == 0)
        #expect(large.read32(RegisterOffset.invalidationCompletionStatus) == 1)
    }

    @Test func headWrapsAround() {
        let machine = Self.machine()
        for round in 1...1000 {
            machine.submit(WaitDescriptor(status: UInt32(round), address: Machine.status))
            #expect(machine.memory.read32(at: Machine.status) == UInt32(round))
            #expect(Self.head(machine) == UInt64(round % 256))
        }
    }

    @Test func queueOutsideRAM() {
        let machine = Machine()
        machine.enableQueue(at: 1 << 40)
        machine.write64(1 << 4, RegisterOffset.invalidationQueueTail)
        #expect(machine.queueError == .memoryAccess)
        // At the very end of the addresses.
        machine.command { $0[.qie] = false }
        machine.write32(1 << 4, RegisterOffset.faultStatus)
        machine.enableQueue(size: 7, at: 0xffff_ffff_ffff_f000)
        machine.write64(0x7fff0, RegisterOffset.invalidationQueueTail)
        #expect(machine.queueError == .memoryAccess)
    }

    @Test func wideDescriptors() {
        let machine = Machine()
        machine.enableQueue(at: Machine.queue | 1 << 11)
        #expect(machine.faultStatus.rawValue == 0)
        machine.write64(2 << 4, RegisterOffset.invalidationQueueTail)
        #expect(machine.queueError == .invalidWidth)
    }

    @Test func disabling() {
        let machine = Self.machine()
        // The address is locked while it is enabled.
        machine.write64(0x9000, RegisterOffset.invalidationQueueAddress)
        #expect(machine.read64(RegisterOffset.invalidationQueueAddress) == Machine.queue)
        machine.submit(WaitDescriptor(status: 1, address: Machine.status))
        #expect(Self.head(machine) == 1)
        machine.command { $0[.qie] = false }
        #expect(!machine.globalStatus[.qies])
        #expect(Self.head(machine) == 0)
        // Nothing is executed.
        machine.enqueue(WaitDescriptor(status: 2, address: Machine.status))
        machine.write64(2 << 4, RegisterOffset.invalidationQueueTail)
        #expect(machine.memory.read32(at: Machine.status) == 1)
        // Some systems set the tail before they enable the queue.
        machine.command { $0[.qie] = true }
        #expect(machine.memory.read32(at: Machine.status) == 2)
        #expect(Self.head(machine) == 2)
    }

    /// While a descriptor's effect is carried out, the queue is switched off and on.
    @Test func disablingInTheMiddle() {
        let machine = Self.machine()
        machine.enqueue(IOTLBInvalidateDescriptor(granularity: .global))
        machine.iommu.write(1 << 4, at: RegisterOffset.invalidationQueueTail, size: 8)
        #expect(machine.next() == .mappingsChanged(.all))
        machine.iommu.write(0, at: RegisterOffset.globalCommand, size: 4)
        machine.iommu.write(1 << 26, at: RegisterOffset.globalCommand, size: 4)
        #expect(machine.next() == .mappingsChanged(.all))
        #expect(Self.head(machine) == 0)
        #expect(machine.next() == nil)
        #expect(Self.head(machine) == 1)
    }

    @Test func budget() {
        let machine = Self.machine()
        for _ in 0..<100 { machine.enqueue(WaitDescriptor(status: 1, address: Machine.status)) }
        machine.iommu.write(100 << 4, at: RegisterOffset.invalidationQueueTail, size: 8)
        var budget = 30
        #expect(machine.iommu.nextEffect(budget: &budget) == .paused)
        #expect(budget == 0)
        #expect(Self.head(machine) == 30)
        #expect(machine.iommu.nextEffect(budget: &budget) == .paused)
        #expect(Self.head(machine) == 30)
        budget = 100
        #expect(machine.iommu.nextEffect(budget: &budget) == nil)
        #expect(budget == 30)
        #expect(Self.head(machine) == 100)
    }
}
