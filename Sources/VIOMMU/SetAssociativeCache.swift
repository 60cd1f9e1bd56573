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

    private let entries: FixedBuffer<Entry>
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
        entries = FixedBuffer(
            repeating: Entry(key: 0, generation: 0, payload: filler), count: ways << Int(setBits))
    }

    /// Number of entries.
    var capacity: Int { entries.count }

    /// The entries of the set that a hash selects.
    private func set(_ hash: UInt64) -> Range<Int> {
        let first = Int(truncatingIfNeeded: hash & (1 &<< UInt64(setBits) &- 1)) &* ways
        return first..<first &+ ways
    }

    /// The payload of a key, or nil.
    ///
    /// - Parameter hash: of the key; its lower bits select the set.
    func payload(of key: UInt64, hash: UInt64) -> Payload? {
        for index in set(hash) where isEntry(index, of: key) { return entries[index].payload }
        return nil
    }

    private func isEntry(_ index: Int, of key: UInt64) -> Bool {
        entries[index].key == key && entries[index].generation == generation
    }

    /// Inserts a key, or replaces its payload.
    mutating func insert(_ payload: Payload, key: UInt64, hash: UInt64) {
        let set = set(hash)
        var chosen = set.lowerBound &+ nextWay
        for index in set {
            if entries[index].generation != generation { chosen = index }
            if isEntry(index, of: key) {
                chosen = index
                break
            }
        }
        entries[chosen] = Entry(key: key, generation: generation, payload: payload)
        nextWay = nextWay + 1 < ways ? nextWay + 1 : 0
    }

    mutating func remove(_ key: UInt64, hash: UInt64) {
        for index in set(hash) where isEntry(index, of: key) { entries[index].generation = 0 }
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
