import Interrupts

/// Goes through the mappings of a device, in the order of its addresses.
///
/// It can be interrupted at any time and go on later. What the guest changes meanwhile may be seen
/// or not; it reports such changes by invalidations. Whatever is malformed counts as not mapped,
/// as it does for the device. Tables that refer to themselves end with the range of addresses, but
/// may describe as many mappings as that has pages: the caller bounds how many it takes.
public struct MappingWalk: Sendable {
    /// A step's outcome.
    public enum Step: Equatable, Sendable {
        /// The next mapping, cut to the range; what is contiguous has been joined if that was
        /// asked for.
        case mapping(Mapping)
        /// The budget is used up.
        case paused
        case finished
    }

    /// A table on the way down.
    private struct Table {
        var address: UInt64
        var level: UInt8
        /// Its first address as the device uses it.
        var first: UInt64
        var isReadable = true
        var isWritable = true

        func contains(_ address: UInt64) -> Bool {
            (address ^ first) &>> UInt64(SecondLevelEntry.pageBits(level: level) &+ 9) == 0
        }
    }

    private let top: Table
    private let joins: Bool
    /// The first address that hasn't been looked at.
    private var next: UInt64
    private let last: UInt64
    /// What was found last: the next may continue it.
    private var found: Mapping?

    init(_ table: SecondLevelTable, in addresses: ClosedRange<UInt64>, joined: Bool) {
        joins = joined
        top = Table(address: table.address, level: table.width.levels, first: 0)
        next = addresses.lowerBound
        last = min(addresses.upperBound, table.width.lastAddress)
    }

    /// - Parameter budget: how many paging entries may be read; what is left of it afterwards. A
    ///   way down through the tables that has begun is finished, so it may go below zero by three.
    mutating func step(
        in memory: some GuestMemory, _ configuration: IOMMUConfiguration, budget: inout Int
    ) -> Step {
        // Tables are not kept from call to call: the guest may have put them to other use.
        var table = top
        var isOnTheWay = false
        while next <= last {
            guard budget > 0 || isOnTheWay else { return .paused }
            budget -= 1
            isOnTheWay = false
            if !table.contains(next) { table = top }
            let bits = UInt64(SecondLevelEntry.pageBits(level: table.level))
            let end = min(next | (1 &<< bits &- 1), last)
            guard let entry = entry(of: table, in: memory, configuration) else {
                next = end &+ 1
                continue
            }
            let isReadable = table.isReadable && entry[.r]
            let isWritable = table.isWritable && entry[.w]
            guard isReadable || isWritable else {
                next = end &+ 1
                continue
            }
            guard entry.isPage(level: table.level) else {
                table = Table(
                    address: entry.address, level: table.level &- 1,
                    first: (next &>> bits) &<< bits, isReadable: isReadable, isWritable: isWritable)
                isOnTheWay = true
                continue
            }
            let output = entry.address | next & (1 &<< bits &- 1)
            guard let piece = piece(to: end, output: output) else { continue }
            let mapping = Mapping(
                addresses: piece, output: output, isReadable: isReadable, isWritable: isWritable)
            next = piece.upperBound &+ 1
            if joins, found?.append(mapping) == true { continue }
            let previous = found
            found = mapping
            if let previous { return .mapping(previous) }
        }
        guard let found else { return .finished }
        self.found = nil
        return .mapping(found)
    }

    /// The entry for the next address, or nil if nothing is mapped through it.
    private func entry(
        of table: Table, in memory: some GuestMemory, _ configuration: IOMMUConfiguration
    ) -> SecondLevelEntry? {
        let bits = UInt64(SecondLevelEntry.pageBits(level: table.level))
        let index = next &>> bits & 511
        guard let raw = memory.read64(at: table.address &+ index &* SecondLevelEntry.size) else {
            return nil
        }
        let entry = SecondLevelEntry(rawValue: raw)
        return entry.hasReservedBits(level: table.level, configuration) ? nil : entry
    }

    /// The addresses from the next one to `end`, without those that can't be used because they are
    /// interrupts or lead to such. If the next one is one of these, it is skipped.
    private mutating func piece(to end: UInt64, output: UInt64) -> ClosedRange<UInt64>? {
        let count = end &- next &+ 1
        let skipped = max(
            InterruptAddressRange.prefix(at: next, count),
            InterruptAddressRange.prefix(at: output, count))
        guard skipped == 0 else {
            next &+= skipped
            return nil
        }
        let usable = min(
            InterruptAddressRange.distance(from: next, count),
            InterruptAddressRange.distance(from: output, count))
        return next...next &+ (usable &- 1)
    }
}
