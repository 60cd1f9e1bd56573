/// A cache of fixed capacity that allocates only when it is made.
///
/// Entries are grouped in sets. A key may be in one set only, which the caller derives from it. If
/// the set is full, its entries are replaced in turn. Removing everything costs nothing: entries
/// carry the generation in which they were inserted, and those of earlier ones don't count.
struct SetAssociativeCache<Payload>: ~Copyable {
    private struct Entry {
        var key: UInt64
        /// 0 for an entry that is not in use.
        var generation: UInt32
        var payload: Payload
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let setBits: UInt8
    private let ways: Int
    private var generation: UInt32 = 1
    private var nextWay = 0

    /// - Parameters:
    ///   - setBits: there are 2^setBits sets.
    ///   - ways: entries in a set.
    ///   - filler: any payload.
    init(setBits: UInt8, ways: Int, filler: Payload) {
        self.setBits = setBits
        self.ways = ways
        let count = ways << Int(setBits)
        entries = .allocate(capacity: count)
        entries.initialize(repeating: Entry(key: 0, generation: 0, payload: filler), count: count)
    }

    deinit {
        entries.deinitialize(count: capacity)
        entries.deallocate()
    }

    /// Number of entries.
    var capacity: Int { ways << Int(setBits) }

    /// The first entry of the set that a hash selects.
    private func firstEntry(_ hash: UInt64) -> UnsafeMutablePointer<Entry> {
        entries + Int(truncatingIfNeeded: hash & (1 &<< UInt64(setBits) &- 1)) * ways
    }

    /// The payload of a key, or nil.
    ///
    /// - Parameter hash: of the key; its lower bits select the set.
    func payload(of key: UInt64, hash: UInt64) -> Payload? {
        let set = firstEntry(hash)
        for way in 0..<ways where set[way].key == key && set[way].generation == generation {
            return set[way].payload
        }
        return nil
    }

    /// Inserts a key, or replaces its payload.
    mutating func insert(_ payload: Payload, key: UInt64, hash: UInt64) {
        let set = firstEntry(hash)
        var chosen = nextWay
        for way in 0..<ways {
            if set[way].generation != generation { chosen = way }
            if set[way].key == key && set[way].generation == generation {
                chosen = way
                break
            }
        }
        set[chosen] = Entry(key: key, generation: generation, payload: payload)
        nextWay = nextWay + 1 < ways ? nextWay + 1 : 0
    }

    mutating func remove(_ key: UInt64, hash: UInt64) {
        let set = firstEntry(hash)
        for way in 0..<ways where set[way].key == key { set[way].generation = 0 }
    }

    /// Removes the entries that a condition holds for. Looks at all of them.
    mutating func removeAll(where condition: (_ key: UInt64, _ payload: Payload) -> Bool) {
        for index in 0..<capacity
        where entries[index].generation == generation
            && condition(entries[index].key, entries[index].payload)
        {
            entries[index].generation = 0
        }
    }

    mutating func removeAll() {
        generation &+= 1
        guard generation == 0 else { return }
        // After four billion generations the numbers begin anew.
        generation = 1
        for index in 0..<capacity { entries[index].generation = 0 }
    }
}
