import Interrupts
import SplitMix64
import Testing
import VIOMMU

@Suite struct SidecoreProperties {
    /// Whatever the order in which the steps of a driver and of the sidecore come, the driver gets
    /// through, and in the end registers, memory and all that the VMM had to do, interrupts
    /// included, are the same as if each access had been carried out at once.
    @Test func sameAsTrapping() {
        let drivers = max(Machine.randomCases / 100, 50)
        var opened: UInt64 = 0
        var consumed: UInt64 = 0
        for seed in 0..<UInt64(drivers) {
            guard let view = Self.compare(seed: seed) else {
                Issue.record("seed \(seed)")
                return
            }
            opened += view.statistics.opened
            consumed += view.statistics.consumed
        }
        print("sidecore: \(drivers) random drivers, \(opened) times open, \(consumed) writes found")
        #expect(opened > UInt64(drivers) * 2 && consumed > UInt64(drivers) * 10)
    }

    /// - Returns: nil if there is a difference.
    private static func compare(seed: UInt64) -> SidecoreView? {
        let steps = RandomDriver(seed: seed, operations: 20).steps
        let reference = TrappingMachine()
        reference.start()
        for (number, step) in steps.enumerated() {
            guard step.take(on: reference) else {
                Issue.record("the driver waits in vain at step \(number), \(step), with exits")
                return nil
            }
        }
        let machine = SidecoreMachine()
        machine.start()
        var random = SplitMix64(seed: ~seed)
        // How often the sidecore comes to run, from now and then to nearly always.
        let pace = 1 + random.below(9)
        var next = 0
        var idle = 0
        while next < steps.count {
            if random.below(10) < pace {
                Self.advance(machine, &random)
            } else if steps[next].take(on: machine) {
                next += 1
                idle = 0
            }
            idle += 1
            guard idle < 10_000 else {
                Issue.record("the driver waits in vain at step \(next), \(steps[next])")
                return nil
            }
        }
        machine.close()
        machine.runAll()
        return Self.isSame(machine, reference) ? machine.view : nil
    }

    /// One step of the VMM's.
    private static func advance(_ machine: SidecoreMachine, _ random: inout SplitMix64) {
        if machine.isLeaving {
            // vCPUs may see the page for some time.
            if random.below(4) == 0 {
                machine.close()
                machine.runAll()
            }
        } else if machine.view.isOpen {
            if !machine.isLaid { machine.lay() }
            // A device's fault or a budget that was used up has the VMM look as well.
            if machine.view.hasWork(thorough: random.below(4) == 0) || random.below(8) == 0 {
                machine.run(budget: 1 + random.below(4))
            }
        } else {
            machine.runAll()
            machine.open()
        }
    }

    private static func isSame(_ machine: SidecoreMachine, _ reference: TrappingMachine) -> Bool {
        for offset in stride(from: UInt64(0), to: 0x1000, by: 4) {
            let ours = machine.iommu.read(at: offset, size: 4)
            let theirs = reference.iommu.read(at: offset, size: 4)
            if ours != theirs {
                Issue.record("register \(String(offset, radix: 16)): \(ours), with exits \(theirs)")
                return false
            }
        }
        if machine.effects != reference.effects {
            Issue.record("effects \(machine.effects), with exits \(reference.effects)")
            return false
        }
        if machine.memory.words != reference.memory.words {
            Issue.record("memory differs")
            return false
        }
        return true
    }
}
