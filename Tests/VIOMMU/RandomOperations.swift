import Interrupts
import SplitMix64
import Testing
import VIOMMU

@Suite struct RandomOperations {
    /// Whatever a guest and its devices do, in whatever order: no trap, no endless work, and reads
    /// that make sense.
    @Test func neverTrap() {
        let guests = max(Machine.randomCases / 20_000, 4)
        var effects = 0
        var blocked: UInt64 = 0
        for seed in 0..<UInt64(guests) {
            var guest = Guest(seed: seed)
            for step in 0..<Machine.randomCases / guests {
                guest.act()
                guard step % 16 != 0 || guest.isSane else {
                    Issue.record("seed \(seed), step \(step)")
                    return
                }
            }
            effects += guest.effects
            blocked += guest.machine.iommu.statistics.blockedRequests
            #expect(guest.machine.iommu.statistics.descriptors > 0)
        }
        print("operations: \(Machine.randomCases) random ones, \(effects) effects")
        #expect(effects > Machine.randomCases / 40)
        #expect(blocked > Machine.randomCases / 100)
    }

    /// A guest that writes nonsense, and now and then something that works.
    private struct Guest {
        let machine: Machine
        var random: SplitMix64
        var effects = 0
        var walk: MappingWalk?

        init(seed: UInt64) {
            var random = SplitMix64(seed: seed)
            machine = Machine(pages: 64) {
                $0.addressWidth = random.below(2) == 0 ? .bits39 : .bits48
                $0.hostAddressWidth = UInt8(truncatingIfNeeded: random.next())
                $0.domainIDBits = UInt8(truncatingIfNeeded: random.next())
                $0.faultRecordingRegisters = UInt8(truncatingIfNeeded: random.next())
                $0.deviceTLB = random.below(2) == 0
                $0.snoopControl = random.below(2) == 0
                $0.interruptRemapping = random.below(8) != 0
                $0.extendedInterruptMode = random.below(2) == 0
            }
            self.random = random
            for word in 0..<machine.memory.words.count {
                machine.memory.words[word] = value()
            }
        }

        mutating func act() {
            switch random.below(16) {
            case 0...5: write(value(), at: UInt64(random.below(0x100)) & ~3)
            case 6: write(value(), at: random.next() & 0xfff)
            case 7: write(random.next(), at: random.next())
            case 8: program()
            case 9:
                let index = random.below(machine.memory.words.count)
                machine.memory.words[index] = value()
            case 10: _ = machine.read(value(), size: random.below(12) - 1)
            case 11...12:
                _ = machine.iommu.translate(
                    sourceID: sourceID(), address: value(), isWrite: random.below(2) == 0)
            case 13:
                let address = 0xfee0_0000 | value() & (random.below(8) == 0 ? .max : 0xf_ffff)
                _ = machine.remap(
                    address, UInt32(truncatingIfNeeded: value()), sourceID: sourceID())
            case 14: goOnWithWalk()
            default: _ = machine.iommu.addressSpace(of: sourceID())
            }
            takeEffects(random.below(4))
            if random.below(10_000) == 0 { machine.iommu.reset() }
        }

        private mutating func write(_ value: UInt64, at offset: UInt64) {
            let sizes = [4, 4, 4, 8, 8, random.below(20) - 2]
            machine.iommu.write(value, at: offset, size: sizes[random.below(6)])
        }

        /// What a driver would do, so that there is more to go wrong.
        private mutating func program() {
            let page = UInt64(random.below(64)) << 12
            switch random.below(8) {
            case 0:
                write(page, at: RegisterOffset.rootTableAddress)
                write(0xc000_0000, at: RegisterOffset.globalCommand)
            case 1:
                machine.iommu.write(0, at: RegisterOffset.globalCommand, size: 4)
                write(page, at: RegisterOffset.invalidationQueueAddress)
                machine.iommu.write(0xc400_0000, at: RegisterOffset.globalCommand, size: 4)
            case 2:
                let register = RegisterOffset.interruptRemappingTableAddress
                write(page | UInt64(random.below(16)), at: register)
                machine.iommu.write(0xc700_0000, at: RegisterOffset.globalCommand, size: 4)
            case 3:
                write(UInt64(random.below(256)) << 4, at: RegisterOffset.invalidationQueueTail)
            default:
                machine.iommu.write(.max, at: RegisterOffset.faultStatus, size: 4)
                submit(
                    [
                        WaitDescriptor(status: 1, address: page).rawValue | UInt128(value() & 0xf0),
                        UInt128(value() & 0xff_ffff_fff0 | 1), UInt128(value() & 0xffff_00f0 | 2),
                        UInt128(value() & 0xfff_f0ff_fff0 | 2) | UInt128(value() & ~0xf80) << 64,
                        UInt128(value() & 0xffff_f800_0010 | 4),
                    ][random.below(5)])
            }
        }

        /// Puts a descriptor where the queue goes on.
        private mutating func submit(_ descriptor: UInt128) {
            let head = machine.read64(RegisterOffset.invalidationQueueHead)
            let address = machine.read64(RegisterOffset.invalidationQueueAddress) & ~0xfff &+ head
            guard address < machine.memory.size else { return }
            machine.memory.write128(descriptor, at: address)
            write(head + 16, at: RegisterOffset.invalidationQueueTail)
        }

        private mutating func takeEffects(_ count: Int) {
            for _ in 0..<count {
                var budget = random.below(20) - 1
                guard machine.iommu.nextEffect(budget: &budget) != nil else { return }
                effects += 1
            }
        }

        private mutating func goOnWithWalk() {
            guard var current = walk, random.below(8) != 0 else {
                let first = value()
                walk = machine.iommu.mappings(of: sourceID(), in: first...(first | value()))
                return
            }
            var budget = random.below(40)
            let step = machine.iommu.continueWalk(&current, budget: &budget)
            walk = step == .finished ? nil : current
        }

        private mutating func sourceID() -> UInt16 { UInt16(truncatingIfNeeded: value()) }

        /// Small numbers, addresses, single bits and anything.
        private mutating func value() -> UInt64 {
            switch random.below(8) {
            case 0: return UInt64(random.below(16))
            case 1, 2, 3: return UInt64(random.below(64)) << 12 | UInt64(random.below(16))
            case 4: return 1 << UInt64(random.below(64))
            case 5: return UInt64(UInt32(truncatingIfNeeded: random.next()))
            case 6: return ~(1 << UInt64(random.below(64)))
            default: return random.next()
            }
        }

        /// What holds whatever was written.
        var isSane: Bool {
            let head = machine.read64(RegisterOffset.invalidationQueueHead)
            let size = machine.read64(RegisterOffset.invalidationQueueAddress) & 7
            return machine.globalStatus.rawValue & 0x387f_ffff == 0
                && machine.read32(RegisterOffset.globalCommand) == 0
                && machine.read32(RegisterOffset.faultStatus) & 0xffff_00ec == 0
                && machine.read32(RegisterOffset.faultEventControl) & 0x3fff_ffff == 0
                && head < 4096 << size && head % 16 == 0
        }
    }

    /// Asking for effects ends, however the queue looks, with about as much work as it has entries.
    @Test func workIsBounded() {
        for seed in 0..<UInt64(8) {
            var random = SplitMix64(seed: seed)
            let machine = Machine(pages: 256)
            for word in 0..<machine.memory.words.count {
                // Many valid descriptors, to come far.
                machine.memory.words[word] =
                    word % 2 == 0 ? [1, 2, 5][random.below(3)] | 1 << 4 : 0
            }
            machine.enableQueue(size: 7, at: 0x1000)
            let budget = 1 << 20
            var left = budget
            machine.iommu.write(0x7fff0, at: RegisterOffset.invalidationQueueTail, size: 8)
            var calls = 0
            while machine.iommu.nextEffect(budget: &left) != nil { calls += 1 }
            #expect(calls <= 32768)
            #expect(budget - left == 32767)
            #expect(machine.iommu.statistics.descriptors == 32767)
        }
    }
}
