/// Entries of the interrupt remapping table, by index (VT-d 6.2, "Interrupt Entry Cache"). Only
/// such as are present and have no reserved bit set.
struct InterruptEntryCache: ~Copyable {
    private var cache = SetAssociativeCache(
        setBits: 9, ways: 2, filler: InterruptRemappingEntry(rawValue: 0))

    func entry(at index: UInt16) -> InterruptRemappingEntry? {
        cache.payload(of: UInt64(index), hash: UInt64(index))
    }

    mutating func insert(_ entry: InterruptRemappingEntry, at index: UInt16) {
        cache.insert(entry, key: UInt64(index), hash: UInt64(index))
    }

    mutating func invalidateAll() { cache.removeAll() }

    /// - Returns: whether all entries had to be looked at.
    mutating func invalidate(_ indices: ClosedRange<UInt16>) -> Bool {
        guard indices.upperBound &- indices.lowerBound < 16 else {
            cache.removeAll { key, _ in indices.contains(UInt16(truncatingIfNeeded: key)) }
            return true
        }
        for index in indices { cache.remove(UInt64(index), hash: UInt64(index)) }
        return false
    }
}
