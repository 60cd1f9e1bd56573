import CELI

/// The library's functions for an IOMMU: built on first use, never freed. See `eli_viommu.h`.
///
/// `nonisolated(unsafe)`: written once by the runtime's once-only initializer, then constant.
nonisolated(unsafe) let viommuTable: UnsafePointer<eli_viommu_ops> = permanent(
    eli_viommu_ops(
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
            RequestCalls.newWalk(viommu, source, first, last, joined: false)
        },
        walk_next: { walk, budget, mapping in RequestCalls.nextPage(walk, budget, mapping) },
        walk_free: { walk in RemappingWalk.release(walk) },
        save: { viommu, words, count in RemappingUnitCalls.save(viommu, words, count) },
        restore: { viommu, words, count in RemappingUnitCalls.restore(viommu, words, count) },
        state: { viommu, state in RemappingUnitCalls.state(viommu, state) },
        // Mirrors of mappings.
        walk_new_joined: { viommu, source, first, last in
            RequestCalls.newWalk(viommu, source, first, last, joined: true)
        },
        mirror_new: { request, mirror, message, size in
            MirrorCalls.create(request, mirror, MessageBuffer(message, size: size))
        },
        mirror_free: { mirror in Mirror.release(mirror) },
        mirror_limit: { mirror, limit in MirrorCalls.setLimit(mirror, limit) },
        mirror_begin: { mirror, first, last, strict in
            MirrorCalls.begin(mirror, first, last, strict)
        },
        mirror_run: { mirror, run in MirrorCalls.offer(mirror, run) },
        mirror_end: { mirror in MirrorCalls.end(mirror) },
        mirror_next: { mirror, now, budget, change in
            MirrorCalls.next(mirror, now, budget, change)
        },
        mirror_missing: { mirror, first, last in MirrorCalls.missing(mirror, first, last) },
        mirror_deadline: { mirror, deadline in MirrorCalls.deadline(mirror, deadline) },
        mirror_expire: { mirror, now in MirrorCalls.expire(mirror, now) },
        mirror_flush: { mirror in MirrorCalls.flush(mirror) },
        mirror_clear: { mirror, now in MirrorCalls.clear(mirror, now) },
        mirror_find: { mirror, address, mapping in
            MirrorCalls.find(mirror, address, mapping)
        },
        mirror_state: { mirror, state in MirrorCalls.state(mirror, state) }))
