/// Accesses that exited although the page is open: a CPU's that was on its way when the page
/// opened, or a device's. They go to the page, as the guest's others do.
extension SidecoreView {
    /// As `IOMMU.read`.
    public func read(at offset: UInt64, size: Int) -> UInt64 {
        RegisterBytes.read(at: offset, size: size) { word in
            // GCMD_REG is write-only. There is nothing beyond the page.
            word == RegisterOffset.globalCommand || word >= RegisterOffset.pageSize
                ? 0 : page.load32(word)
        }
    }

    /// As `IOMMU.write`.
    public func write(_ value: UInt64, at offset: UInt64, size: Int) {
        guard size == 4 || size == 8, offset & 3 == 0, offset < RegisterOffset.pageSize else {
            return
        }
        if size == 8, offset & 7 == 0 {
            page.store64(value, offset)
            return
        }
        page.store32(UInt32(truncatingIfNeeded: value), offset)
        if size == 8, offset &+ 4 < RegisterOffset.pageSize {
            page.store32(UInt32(truncatingIfNeeded: value &>> 32), offset &+ 4)
        }
    }
}
