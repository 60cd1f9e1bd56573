/// DMA remapping in legacy mode once more, to compare with: no caches, no types, no concern for
/// speed. Numbers are those of the specification's tables, written out.
struct ReferenceWalker {
    enum Result: Equatable {
        case identity
        case interrupt
        /// - Parameters:
        ///   - to: where the very address leads.
        case page(to: UInt64, isReadable: Bool, isWritable: Bool)
        /// - Parameters:
        ///   - reason: as in a fault recording register.
        ///   - isRecorded: FPD is clear or does not apply.
        case fault(reason: UInt8, isRecorded: Bool)
    }

    /// Eight bytes of memory, or nil outside RAM.
    var load: (UInt64) -> UInt64?
    var root: UInt64
    var isWide: Bool
    var hostAddressWidth: UInt64
    var snoopControl: Bool
    var deviceTLB: Bool
    var passThrough: Bool

    func translate(sourceID: UInt64, address: UInt64, isWrite: Bool) -> Result {
        if address >> 20 == 0xfee {
            return isWrite ? .interrupt : .fault(reason: 0x29, isRecorded: false)
        }
        let rootEntry = root + sourceID / 256 * 16
        guard let rootLow = load(rootEntry), let rootHigh = load(rootEntry + 8) else {
            return .fault(reason: 8, isRecorded: true)
        }
        if rootLow % 2 == 0 { return .fault(reason: 1, isRecorded: true) }
        if rootHigh != 0 || rootLow & 0xffe != 0 || rootLow >> hostAddressWidth != 0 {
            return .fault(reason: 0xa, isRecorded: true)
        }
        let contextEntry = rootLow / 4096 * 4096 + sourceID % 256 * 16
        guard let low = load(contextEntry), let high = load(contextEntry + 8) else {
            return .fault(reason: 9, isRecorded: true)
        }
        let isRecorded = low & 2 == 0
        if low % 2 == 0 { return .fault(reason: 2, isRecorded: isRecorded) }
        if low & 0xff0 != 0 || low >> hostAddressWidth != 0 || high & 0x80 != 0 || high >> 24 != 0 {
            return .fault(reason: 0xb, isRecorded: isRecorded)
        }
        let width = high & 7
        let type = low >> 2 & 3
        if !(width == 1 || width == 2 && isWide) || type == 3 || type == 2 && !passThrough
            || type == 1 && !deviceTLB
        {
            return .fault(reason: 3, isRecorded: isRecorded)
        }
        if type == 2 {
            return address >> hostAddressWidth == 0
                ? .identity : .fault(reason: 4, isRecorded: isRecorded)
        }
        if address >> (width == 1 ? 39 : 48) != 0 {
            return .fault(reason: 4, isRecorded: isRecorded)
        }
        let result = walk(
            address, isWrite, table: low / 4096 * 4096, level: width == 1 ? 3 : 4, isTop: true,
            isReadable: true, isWritable: true)
        switch result {
        case .fault(let reason, _): return .fault(reason: reason, isRecorded: isRecorded)
        case .page(let to, _, _) where to >> 20 == 0xfee:
            return .fault(reason: 0xe, isRecorded: isRecorded)
        default: return result
        }
    }

    private func walk(
        _ address: UInt64, _ isWrite: Bool, table: UInt64, level: Int, isTop: Bool,
        isReadable: Bool, isWritable: Bool
    ) -> Result {
        let sizes: [UInt64] = [0, 4096, 4096 * 512, 4096 * 512 * 512, 4096 * 512 * 512 * 512]
        let size = sizes[level]
        guard let entry = load(table + address / size % 512 * 8) else {
            return .fault(reason: isTop ? 3 : 7, isRecorded: true)
        }
        if isWrite && entry & 2 == 0 { return .fault(reason: 5, isRecorded: true) }
        if !isWrite && entry & 1 == 0 { return .fault(reason: 6, isRecorded: true) }
        let hasPageBit = entry & 0x80 != 0
        let isPage = level == 1 || level < 4 && hasPageBit
        let base = entry & 0xf_ffff_ffff_f000
        if base >> hostAddressWidth != 0 || entry & 1 << 62 != 0 || level == 4 && hasPageBit
            || isPage && base % size != 0 || entry & 0x800 != 0 && !(isPage && snoopControl)
        {
            return .fault(reason: 0xc, isRecorded: true)
        }
        let reads = isReadable && entry & 1 != 0
        let writes = isWritable && entry & 2 != 0
        if isPage {
            return .page(to: base + address % size, isReadable: reads, isWritable: writes)
        }
        return walk(
            address, isWrite, table: base, level: level - 1, isTop: false, isReadable: reads,
            isWritable: writes)
    }
}
