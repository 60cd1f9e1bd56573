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

    /// What the host was told.
    var mapping: Mapping {
        Mapping(
            addresses: first...last, output: output, isReadable: isReadable, isWritable: isWritable)
    }

    func overlaps(_ addresses: ClosedRange<UInt64>) -> Bool {
        first <= addresses.upperBound && last >= addresses.lowerBound
    }

    func isInside(_ addresses: ClosedRange<UInt64>) -> Bool {
        first >= addresses.lowerBound && last <= addresses.upperBound
    }
}
