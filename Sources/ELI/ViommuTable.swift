import CELI

/// The library's functions for an IOMMU: built on first use, never freed. See `eli_viommu.h`.
///
/// `nonisolated(unsafe)`: written once by the runtime's once-only initializer, then constant.
nonisolated(unsafe) let viommuTable: UnsafePointer<eli_viommu_ops> = {
    let table = UnsafeMutablePointer<eli_viommu_ops>.allocate(capacity: 1)
    table.initialize(
        to: eli_viommu_ops(
            size: UInt32(MemoryLayout<eli_viommu_ops>.size),
            flags: 0,
            create: { request, viommu, message, size in
                RemappingUnitCalls.create(request, viommu, MessageBuffer(message, size: size))
            },
            destroy: { viommu in RemappingUnit.release(viommu) },
            reset: { viommu in RemappingUnitCalls.reset(viommu) },
            read: { viommu, offset, size in RemappingUnitCalls.read(viommu, offset, size) },
            write: { viommu, offset, value, size in
                RemappingUnitCalls.write(viommu, offset, value, size)
            },
            next_effect: { viommu, budget, effect in
                RemappingUnitCalls.nextEffect(viommu, budget, effect)
            },
            translate: { viommu, source, address, flags, mapping in
                RequestCalls.translate(viommu, source, address, flags, mapping)
            },
            remap: { viommu, source, address, data, flags, message in
                RequestCalls.remap(viommu, source, address, data, flags, message)
            },
            space: { viommu, source, space in RequestCalls.space(viommu, source, space) },
            walk_new: { viommu, source, first, last in
                RequestCalls.newWalk(viommu, source, first, last)
            },
            walk_next: { walk, budget, mapping in RequestCalls.nextPage(walk, budget, mapping) },
            walk_free: { walk in RemappingWalk.release(walk) },
            save: { viommu, words, count in RemappingUnitCalls.save(viommu, words, count) },
            restore: { viommu, words, count in RemappingUnitCalls.restore(viommu, words, count) },
            state: { viommu, state in RemappingUnitCalls.state(viommu, state) }))
    return UnsafePointer(table)
}()
