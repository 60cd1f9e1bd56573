import VIOMMU

/// An IOMMU; C knows it as `eli_viommu *`. The caller keeps calls apart.
final class RemappingUnit: Handle {
    var iommu: IOMMU<VMMMemory>
    /// The register page as memory. Set before another thread polls it, and cleared after that.
    var view: SidecoreView?

    init(_ configuration: IOMMUConfiguration, memory: VMMMemory) {
        iommu = IOMMU(configuration, memory: memory)
    }

    /// The view that accesses go to; nil if they go to the registers.
    var openView: SidecoreView? {
        guard let view, view.isOpen else { return nil }
        return view
    }

    /// From now on the registers alone count.
    func closeView() {
        if let view { iommu.close(view) }
    }
}

/// A walk through the mappings of a device; C knows it as `eli_viommu_walk *`.
final class RemappingWalk: Handle {
    let unit: RemappingUnit
    var walk: MappingWalk

    init(_ walk: MappingWalk, unit: RemappingUnit) {
        (self.walk, self.unit) = (walk, unit)
    }
}
