import Interrupts
import Testing
import VIOMMU

/// An IOMMU with a sidecore, and the VMM around it: single steps of the thread that polls, and of a
/// guest whose accesses go to the page while that is laid over the registers.
final class SidecoreMachine: DrivenIOMMU {
    let memory = TestMemory(pages: 256)
    var iommu: IOMMU<TestMemory>
    let page = GuestPage()
    let view: SidecoreView
    /// The guest sees the page. It does so from some time after it was opened on until it closes.
    private(set) var isLaid = false
    /// The VMM has begun to take the page away.
    private(set) var isLeaving = false
    /// All that the VMM was to do, but for leaving.
    private(set) var effects: [Effect] = []

    init() {
        iommu = IOMMU(IOMMUConfiguration(), memory: memory)
        view = SidecoreView(page: page.address, faultRegisters: 8)!
        memory.write128(
            RootEntry(contextTable: Machine.contextTable).rawValue, at: Machine.rootTable)
    }

    // MARK: - The guest

    func write(_ value: UInt64, _ offset: UInt64, size: Int) {
        if isLaid {
            if size == 8 {
                page.write64(value, offset)
            } else {
                page.write32(UInt32(truncatingIfNeeded: value), offset)
            }
        } else if view.isOpen {
            view.write(value, at: offset, size: size)
        } else {
            iommu.write(value, at: offset, size: size)
            runAll()
        }
    }

    func read(_ offset: UInt64, size: Int) -> UInt64 {
        if isLaid { return size == 8 ? page.read64(offset) : UInt64(page.read32(offset)) }
        return view.isOpen
            ? view.read(at: offset, size: size) : iommu.read(at: offset, size: size)
    }

    func translate(_ address: UInt64, sourceID: UInt16) {
        _ = iommu.translate(sourceID: sourceID, address: address, isWrite: true)
        // The VMM looks for an interrupt to send.
        if !view.isOpen { runAll() }
    }

    // MARK: - The VMM

    /// The page may be memory, if the IOMMU says so.
    @discardableResult
    func open() -> Bool { iommu.open(view) }

    func lay() { isLaid = view.isOpen }

    /// Takes the page away for good.
    func close() {
        isLaid = false
        isLeaving = false
        iommu.close(view)
    }

    /// One effect.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    func run(budget: Int = 1000) -> Bool {
        var budget = budget
        guard let effect = iommu.nextEffect(budget: &budget, view: view) else { return false }
        if case .interrupt = effect, view.isOpen {
            Issue.record("the guest is interrupted before it can see why")
        }
        switch effect {
        case .registersTrap:
            #expect(view.isOpen)
            isLeaving = true
        case .paused: break
        default: effects.append(effect)
        }
        return true
    }

    /// All effects, leaving the page if need be.
    func runAll() {
        for _ in 0..<100_000 {
            guard run() else { return }
            if isLeaving { close() }
        }
        Issue.record("effects without end")
    }
}
