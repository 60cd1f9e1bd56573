/// A mapping that the host has been told of, and its place in the mirror's structures. Numbers are
/// those of `MappingTable`, 0 for none.
struct ToldMapping {
    var first: UInt64 = 0
    var last: UInt64 = 0
    var output: UInt64 = 0
    /// When it became stale, in nanoseconds.
    var since: UInt64 = 0
    /// In the tree of addresses.
    var left: UInt32 = 0
    var right: UInt32 = 0
    /// In the list of stale ones.
    var older: UInt32 = 0
    var newer: UInt32 = 0
    /// In the tree.
    var level: UInt8 = 0
    var isReadable = false
    var isWritable = false
    /// The guest has unmapped it.
    var isStale = false

    var size: UInt64 { last &- first &+ 1 }

    /// Whether an address that both have leads to the same place, by the same right.
    func agrees(with run: Mapping) -> Bool {
        output &- first == run.output &- run.addresses.lowerBound && isReadable == run.isReadable
            && isWritable == run.isWritable
    }

    /// The part of it in `addresses`, which lies in it.
    func part(_ addresses: ClosedRange<UInt64>) -> Mapping {
        Mapping(
            addresses: addresses, output: output &+ (addresses.lowerBound &- first),
            isReadable: isReadable, isWritable: isWritable)
    }

    func overlaps(_ addresses: ClosedRange<UInt64>) -> Bool {
        first <= addresses.upperBound && last >= addresses.lowerBound
    }

    func isInside(_ addresses: ClosedRange<UInt64>) -> Bool {
        first >= addresses.lowerBound && last <= addresses.upperBound
    }
}
