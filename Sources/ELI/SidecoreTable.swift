import CELI

/// The library's functions for an IOMMU without exits: built on first use, never freed. See
/// `eli_sidecore.h`.
///
/// `nonisolated(unsafe)`: written once by the runtime's once-only initializer, then constant.
nonisolated(unsafe) let sidecoreTable: UnsafePointer<eli_sidecore_ops> = permanent(
    eli_sidecore_ops(
        size: UInt32(MemoryLayout<eli_sidecore_ops>.size),
        flags: 0,
        attach: { viommu, page, message, size in
            SidecoreCalls.attach(viommu, page, MessageBuffer(message, size: size))
        },
        detach: { viommu in SidecoreCalls.detach(viommu) },
        open: { viommu in SidecoreCalls.open(viommu) },
        close: { viommu in SidecoreCalls.close(viommu) },
        poll: { viommu, flags in SidecoreCalls.poll(viommu, flags) },
        state: { viommu, state in SidecoreCalls.state(viommu, state) }))
