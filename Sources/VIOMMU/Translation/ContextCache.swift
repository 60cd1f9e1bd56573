/// Contexts of devices, by source-id (VT-d 6.2.1). Entries that are not present or malformed are
/// not in it, though caching mode would allow that.
struct ContextCache: ~Copyable {
    private var cache = SetAssociativeCache(
        setBits: 8, ways: 2,
        filler: DeviceContext(
            domain: 0, type: .secondLevel, table: SecondLevelTable(address: 0, width: .bits39),
            faultProcessingDisabled: false))

    /// Devices of one bus follow each other; the buses are spread.
    private static func hash(_ sourceID: UInt16) -> UInt64 {
        UInt64(sourceID ^ sourceID &>> 8 &* 0x35)
    }

    func context(of sourceID: UInt16) -> DeviceContext? {
        cache.payload(of: UInt64(sourceID), hash: Self.hash(sourceID))
    }

    mutating func insert(_ context: DeviceContext, for sourceID: UInt16) {
        cache.insert(context, key: UInt64(sourceID), hash: Self.hash(sourceID))
    }

    mutating func invalidateAll() { cache.removeAll() }

    mutating func invalidate(_ devices: DeviceSelection) {
        switch devices {
        case .all: cache.removeAll()
        case .domain(let domain): cache.removeAll { $1.domain == domain }
        case .functions(let sourceID, let mask):
            cache.removeAll { key, _ in
                mask.matches(UInt16(truncatingIfNeeded: key), sourceID)
            }
        }
    }
}
