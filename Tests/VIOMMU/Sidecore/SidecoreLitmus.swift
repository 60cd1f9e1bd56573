import Foundation
import Interrupts
import Synchronization
import Testing
import VIOMMU

/// The same with threads that really run at once: what one writes before it rings, the other sees
/// when it hears.
@Suite struct SidecoreLitmus {
    private static let rounds: UInt32 = 100_000

    /// Descriptors and tail, address and command, message and command, masks: each round a guest
    /// writes the one before the other, and the sidecore must never see the other without the one.
    /// The guest is sure that it has seen the completion only if all was done before.
    @Test func messagePassing() {
        let race = Race(rounds: Self.rounds)
        let guest = Thread { race.drive() }
        guest.start()
        race.serve()
        #expect(race.completed == Self.rounds)
        #expect(race.wrong == 0)
        #expect(race.invalidations == Self.rounds)
        // The guest wrote it again and again without a look; the last one counts.
        #expect(race.mask == UInt64(Self.rounds & 1) << 31)
        print("litmus: \(race.completed) rounds, \(race.found) polls with work, \(race.laid) times laid")
    }

    /// Both threads' state. The guest's thread uses memory, page, `exits` and `done` only.
    private final class Race: @unchecked Sendable {
        let rounds: UInt32
        let memory = SharedMemory(pages: 8)
        let page = GuestPage()
        let view: SidecoreView
        var iommu: IOMMU<SharedMemory>
        /// 0: the guest may use the page. 1: it is asked to stop. 2: it has.
        let gate = Atomic<Int>(1)
        let isOver = Atomic<Bool>(false)
        /// Rounds of the guest's that were completed.
        let done = Atomic<UInt32>(0)
        var wrong = 0
        var invalidations: UInt32 = 0
        var found = 0
        var laid = 0

        init(rounds: UInt32) {
            self.rounds = rounds
            view = SidecoreView(page: page.address, faultRegisters: 8)!
            iommu = IOMMU(IOMMUConfiguration(), memory: memory)
            iommu.write(Machine.queue, at: RegisterOffset.invalidationQueueAddress, size: 8)
            iommu.write(1 << 31 | 1 << 26, at: RegisterOffset.globalCommand, size: 4)
        }

        var completed: UInt32 { done.load(ordering: .acquiring) }

        var mask: UInt64 { iommu.read(at: RegisterOffset.faultEventControl, size: 4) }

        // MARK: - The guest's thread

        func drive() {
            for round in 1...rounds {
                pass()
                let slot = UInt64(round - 1) % 256
                // Its data are those of the round, so an old one would be noticed.
                let descriptor = WaitDescriptor(status: round, address: Machine.status).rawValue
                memory.write64(
                    UInt64(truncatingIfNeeded: descriptor), at: Machine.queue + slot * 16)
                memory.write64(
                    UInt64(truncatingIfNeeded: descriptor >> 64), at: Machine.queue + slot * 16 + 8)
                page.write32(~round & 1 << 31, RegisterOffset.faultEventControl)
                page.write32((round & 1) << 31, RegisterOffset.faultEventControl)
                page.write32((round % 256) << 4, RegisterOffset.invalidationQueueTail)
                guard wait({ self.memory.read32(at: Machine.status) == round }) else { break }
                page.write64(UInt64(round) << 12, RegisterOffset.invalidateAddress)
                page.write64(
                    1 << 63 | 3 << 60 | UInt64(round & 0xffff) << 32,
                    RegisterOffset.iotlbInvalidate)
                guard wait({ self.page.read64(RegisterOffset.iotlbInvalidate) >> 63 == 0 })
                else { break }
                done.store(round, ordering: .releasing)
            }
            isOver.store(true, ordering: .releasing)
        }

        /// As a vCPU that is kicked: it stops when it is asked to, and goes on when it may.
        private func pass() {
            while gate.load(ordering: .acquiring) != 0 {
                _ = gate.compareExchange(
                    expected: 1, desired: 2, ordering: .acquiringAndReleasing)
                sched_yield()
            }
        }

        /// - Returns: false if it is in vain.
        private func wait(_ condition: () -> Bool) -> Bool {
            for _ in 0..<50_000_000 {
                if condition() { return true }
                sched_yield()
            }
            return false
        }

        // MARK: - The sidecore's thread

        func serve() {
            run()
            while !isOver.load(ordering: .acquiring) {
                if !view.isOpen {
                    guard iommu.open(view) else {
                        wrong += 1
                        return
                    }
                    laid += 1
                    gate.store(0, ordering: .releasing)
                }
                if view.hasWork() {
                    found += 1
                    run()
                    if found % 1000 == 0 { leave() }
                } else {
                    sched_yield()
                }
            }
            iommu.close(view)
            run()
        }

        /// Takes the page away when the guest has stopped, and lays it again.
        private func leave() {
            gate.store(1, ordering: .releasing)
            while gate.load(ordering: .acquiring) != 2, !isOver.load(ordering: .acquiring) {
                if view.hasWork() { run() } else { sched_yield() }
            }
            iommu.close(view)
            run()
        }

        private func run() {
            var budget = 100_000
            while let effect = iommu.nextEffect(budget: &budget, view: view) {
                switch effect {
                case .mappingsChanged(.range(let domain, let addresses)):
                    invalidations += 1
                    let round = UInt64(invalidations)
                    if addresses.lowerBound != round << 12 || UInt64(domain) != round & 0xffff {
                        wrong += 1
                    }
                case .devicesChanged: break
                default: wrong += 1
                }
            }
        }
    }
}
