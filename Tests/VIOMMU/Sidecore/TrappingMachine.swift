import VIOMMU

/// The same without a sidecore: each access exits and is carried out at once.
final class TrappingMachine: DrivenIOMMU {
    let memory = TestMemory(pages: 256)
    var iommu: IOMMU<TestMemory>
    private(set) var effects: [Effect] = []

    init() {
        iommu = IOMMU(IOMMUConfiguration(), memory: memory)
        memory.write128(
            RootEntry(contextTable: Machine.contextTable).rawValue, at: Machine.rootTable)
    }

    func write(_ value: UInt64, _ offset: UInt64, size: Int) {
        iommu.write(value, at: offset, size: size)
        runAll()
    }

    func read(_ offset: UInt64, size: Int) -> UInt64 { iommu.read(at: offset, size: size) }

    func translate(_ address: UInt64, sourceID: UInt16) {
        _ = iommu.translate(sourceID: sourceID, address: address, isWrite: true)
        runAll()
    }

    private func runAll() {
        var budget = 100_000
        while let effect = iommu.nextEffect(budget: &budget) { effects.append(effect) }
    }
}
