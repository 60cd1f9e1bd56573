import Interrupts
import SplitMix64
import VIOMMU

/// A driver that does what a driver may, in random order, and waits where it has to.
struct RandomDriver {
    private(set) var steps: [DriverStep] = []
    private var random: SplitMix64
    private var tail: UInt64 = 0
    private var status: UInt32 = 0
    /// It uses ICS_REG, then from its start on.
    private let usesCompletionStatus: Bool
    /// What GCMD_REG is to be: interrupt remapping, queue, translation.
    private var command: UInt32

    /// - Parameter operations: how many things it does.
    init(seed: UInt64, operations: Int) {
        random = SplitMix64(seed: seed)
        command = 1 << 31 | 1 << 26 | 1 << 25
        usesCompletionStatus = seed % 4 == 0
        if usesCompletionStatus { completionInterrupt() }
        for _ in 0..<operations { act() }
        drain()
    }

    private mutating func act() {
        switch random.below(20) {
        case 0...6: invalidate()
        case 7: contextCommand()
        case 8: iotlbInvalidate()
        case 9: mask(RegisterOffset.faultEventControl)
        case 10: mask(RegisterOffset.invalidationEventControl)
        case 11: message()
        case 12: fault()
        case 13: badDescriptor()
        case 14:
            if usesCompletionStatus { completionInterrupt() }
        case 15: setRootTable()
        case 16: setInterruptTable()
        case 17: scribble()
        case 18: restart()
        default: clearNothing()
        }
    }

    private mutating func put(_ descriptor: some Register) {
        let raw = UInt128(truncatingIfNeeded: descriptor.rawValue)
        steps.append(.memory(raw, Machine.queue + tail * 16))
        tail = (tail + 1) % 256
    }

    private mutating func ring() {
        if random.below(2) == 0 {
            steps.append(.write32(UInt32(tail) << 4, RegisterOffset.invalidationQueueTail))
        } else {
            steps.append(.write64(tail << 4, RegisterOffset.invalidationQueueTail))
        }
    }

    /// Some descriptors, with one ring or several, and a wait behind them or not.
    private mutating func invalidate() {
        for _ in 0...random.below(6) {
            switch random.below(3) {
            case 0: put(IOTLBInvalidateDescriptor(granularity: .global))
            case 1: put(InterruptEntryCacheInvalidateDescriptor(isIndexSelective: false))
            default: put(ContextCacheInvalidateDescriptor(granularity: .global))
            }
            if random.below(3) == 0 { ring() }
        }
        if random.below(3) != 0 {
            waitForQueue()
        } else {
            ring()
        }
    }

    private mutating func waitForQueue() {
        status += 1
        put(WaitDescriptor(status: status, address: Machine.status))
        ring()
        steps.append(.waitForStatus(status))
    }

    /// Waits until the queue is empty. All else that has an order is to come behind it.
    private mutating func drain() {
        steps.append(
            .wait(offset: RegisterOffset.invalidationQueueHead, mask: .max, value: tail << 4))
    }

    private mutating func contextCommand() {
        drain()
        let value: UInt64 = 1 << 63 | 2 << 61 | UInt64(random.below(100))
        if random.below(2) == 0 {
            steps.append(.write64(value, RegisterOffset.contextCommand))
        } else {
            steps.append(
                .write32(UInt32(truncatingIfNeeded: value), RegisterOffset.contextCommand))
            steps.append(.write32(UInt32(value >> 32), RegisterOffset.contextCommand + 4))
        }
        steps.append(.wait(offset: RegisterOffset.contextCommand, mask: 1 << 63, value: 0))
    }

    private mutating func iotlbInvalidate() {
        drain()
        steps.append(.write64(random.next() & ~0xfff, RegisterOffset.invalidateAddress))
        steps.append(
            .write64(
                1 << 63 | 3 << 60 | UInt64(random.below(100)) << 32,
                RegisterOffset.iotlbInvalidate))
        steps.append(.wait(offset: RegisterOffset.iotlbInvalidate, mask: 1 << 63, value: 0))
    }

    private mutating func mask(_ register: UInt64) {
        steps.append(.write32(UInt32(random.below(2)) << 31, register))
    }

    private mutating func message() {
        let first =
            random.below(2) == 0
            ? RegisterOffset.faultEventData : RegisterOffset.invalidationEventData
        steps.append(.write32(UInt32(random.below(0x1_0000)), first))
        steps.append(.write32(0xfee0_0000 | UInt32(random.below(256)) << 12, first + 4))
        steps.append(.write32(UInt32(random.below(16)), first + 8))
    }

    /// A device that isn't known. The driver clears the fault when it sees it.
    private mutating func fault() {
        drain()
        steps.append(.device(UInt16(random.below(256))))
        steps.append(.wait(offset: RegisterOffset.faultStatus, mask: 2, value: 2))
        for index: UInt64 in 0..<8 {
            let register = RegisterOffset.faultRecording + index * 16 + 12
            steps.append(.write32(1 << 31, register))
        }
        steps.append(.write32(0x7f, RegisterOffset.faultStatus))
        steps.append(.wait(offset: RegisterOffset.faultStatus, mask: 0xff, value: 0))
    }

    private mutating func badDescriptor() {
        drain()
        let slot = Machine.queue + tail * 16
        put(InvalidationDescriptor(rawValue: 0xf))
        ring()
        steps.append(.wait(offset: RegisterOffset.faultStatus, mask: 0x10, value: 0x10))
        status += 1
        let instead = WaitDescriptor(status: status, address: Machine.status)
        steps.append(.memory(UInt128(truncatingIfNeeded: instead.rawValue), slot))
        steps.append(.write32(0x10, RegisterOffset.faultStatus))
        steps.append(.waitForStatus(status))
    }

    private mutating func completionInterrupt() {
        put(InvalidationDescriptor(rawValue: 5 | 1 << 4))
        ring()
        steps.append(
            .wait(offset: RegisterOffset.invalidationCompletionStatus, mask: 1, value: 1))
        steps.append(.write32(1, RegisterOffset.invalidationCompletionStatus))
        steps.append(
            .wait(offset: RegisterOffset.invalidationCompletionStatus, mask: 1, value: 0))
    }

    private mutating func setRootTable() {
        drain()
        steps.append(.write64(Machine.rootTable, RegisterOffset.rootTableAddress))
        steps.append(.write32(command | 1 << 30, RegisterOffset.globalCommand))
        steps.append(
            .wait(offset: RegisterOffset.globalStatus, mask: 1 << 30, value: 1 << 30))
        // As it has to (VT-d 6.6): the status may be that of the pointer before.
        put(ContextCacheInvalidateDescriptor(granularity: .global))
        put(IOTLBInvalidateDescriptor(granularity: .global))
        waitForQueue()
    }

    private mutating func setInterruptTable() {
        drain()
        let address = Machine.interruptTable | UInt64(random.below(8))
        steps.append(.write64(address, RegisterOffset.interruptRemappingTableAddress))
        steps.append(.write32(command | 1 << 24, RegisterOffset.globalCommand))
        steps.append(
            .wait(offset: RegisterOffset.globalStatus, mask: 1 << 24, value: 1 << 24))
        put(InterruptEntryCacheInvalidateDescriptor(isIndexSelective: false))
        waitForQueue()
    }

    /// To registers that it can't write. That reads back for a while, too.
    private mutating func scribble() {
        let registers = [
            RegisterOffset.version, RegisterOffset.capability, RegisterOffset.extendedCapability,
            RegisterOffset.globalStatus, RegisterOffset.invalidationQueueAddress,
            RegisterOffset.invalidationQueueError,
        ]
        let value = UInt32(truncatingIfNeeded: random.next())
        let register = registers[random.below(registers.count)]
        steps.append(.write32(value, register))
        if register == RegisterOffset.globalStatus {
            let commands: UInt64 = 1 << 31 | 1 << 26 | 1 << 25
            steps.append(
                .wait(offset: register, mask: commands, value: UInt64(command) & commands))
        }
    }

    /// Writes ones where none are to be cleared. They read back for a while, and a driver that
    /// goes on to wait for a fault must not take them for one.
    private mutating func clearNothing() {
        steps.append(.write32(.max, RegisterOffset.faultStatus))
        steps.append(.wait(offset: RegisterOffset.faultStatus, mask: 0xff, value: 0))
        steps.append(.write32(1, RegisterOffset.invalidationCompletionStatus))
    }

    /// Everything off and on, as by a kernel that hands over to the next.
    private mutating func restart() {
        drain()
        for bit: UInt32 in [31, 26] { change(bit, to: 0) }
        steps.append(.write64(0, RegisterOffset.invalidationQueueTail))
        steps.append(.write64(Machine.queue, RegisterOffset.invalidationQueueAddress))
        tail = 0
        change(26, to: 1)
        if usesCompletionStatus { completionInterrupt() }
        change(31, to: 1)
    }

    private mutating func change(_ bit: UInt32, to value: UInt32) {
        command = command & ~(1 << bit) | value << bit
        steps.append(.write32(command, RegisterOffset.globalCommand))
        steps.append(
            .wait(
                offset: RegisterOffset.globalStatus, mask: 1 << UInt64(bit),
                value: UInt64(value) << UInt64(bit)))
    }
}
