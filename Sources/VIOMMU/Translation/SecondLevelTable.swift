import Interrupts

/// The second-level tables of a domain (VT-d 3.7).
struct SecondLevelTable: Equatable, Sendable {
    /// Guest-physical address of the one at the top.
    var address: UInt64
    var width: AddressWidth

    /// Finds the page of an address.
    ///
    /// At each level the permission for the access is checked first, then the reserved bits, before
    /// the next level is read: a guest sees the fault of the highest level.
    ///
    /// - Parameters:
    ///   - address: as the device uses it.
    ///   - isWrite: what is to be allowed.
    func page(
        of address: UInt64, isWrite: Bool, in memory: some GuestMemory,
        _ configuration: IOMMUConfiguration
    ) throws(FaultReason) -> MappedPage {
        guard address <= width.lastAddress else { throw .addressBeyondWidth }
        var table = self.address
        var level = width.levels
        var isReadable = true
        var isWritable = true
        while true {
            let bits = SecondLevelEntry.pageBits(level: level)
            let index = address &>> UInt64(bits) & 511
            guard let raw = memory.read64(at: table &+ index &* SecondLevelEntry.size) else {
                throw level == width.levels ? .contextEntryInvalid : .pagingEntryUnreadable
            }
            let entry = SecondLevelEntry(rawValue: raw)
            guard isWrite ? entry[.w] : entry[.r] else {
                throw isWrite ? .writeDenied : .readDenied
            }
            guard !entry.hasReservedBits(level: level, configuration) else {
                throw .pagingEntryReserved
            }
            isReadable = isReadable && entry[.r]
            isWritable = isWritable && entry[.w]
            if entry.isPage(level: level) {
                let offset: UInt64 = 1 &<< UInt64(bits) &- 1
                return MappedPage(
                    address: address & ~offset, output: entry.address, bits: bits,
                    isReadable: isReadable, isWritable: isWritable)
            }
            // Level 1 has only pages, so this ends there at the latest.
            table = entry.address
            level &-= 1
        }
    }
}

extension SecondLevelEntry {
    func hasReservedBits(level: UInt8, _ configuration: IOMMUConfiguration) -> Bool {
        hasReservedBits(
            level: level, hostAddressWidth: configuration.hostAddressWidth,
            snoopControl: configuration.snoopControl)
    }
}
