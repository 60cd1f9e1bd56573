/// The stale mappings of a table, oldest first.
struct StaleList {
    private(set) var oldest: UInt32 = 0
    private var newest: UInt32 = 0
    private(set) var count = 0

    mutating func append(_ number: UInt32, since now: UInt64, in table: MappingTable) {
        table[number].isStale = true
        table[number].since = now
        table[number].older = newest
        table[number].newer = 0
        if newest == 0 {
            oldest = number
        } else {
            table[newest].newer = number
        }
        newest = number
        count += 1
    }

    mutating func remove(_ number: UInt32, in table: MappingTable) {
        let node = table[number]
        if node.older == 0 {
            oldest = node.newer
        } else {
            table[node.older].newer = node.newer
        }
        if node.newer == 0 {
            newest = node.older
        } else {
            table[node.newer].older = node.older
        }
        table[number].isStale = false
        count -= 1
    }
}
