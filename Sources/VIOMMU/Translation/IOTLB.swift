/// Translations, by domain and page (VT-d 6.2.4). There are only such that a walk has found:
/// nothing about addresses that are not mapped, and nothing about tables above the last.
struct IOTLB: ~Copyable {
    private var cache = SetAssociativeCache(
        setBits: 10, ways: 4,
        filler: MappedPage(address: 0, output: 0, bits: 12, isReadable: false, isWritable: false))
    /// Which sizes of pages may be in it, by level: what no guest uses is not searched for.
    private var levels: UInt8 = 0

    /// Levels of tables whose entries map pages: 4 KiB, 2 MiB and 1 GiB.
    private static let pageLevels: ClosedRange<UInt8> = 1...3

    /// Addresses have at most 48 bits, so the three parts don't overlap.
    private static func key(_ domain: UInt16, _ address: UInt64, level: UInt8) -> UInt64 {
        UInt64(domain) &<< 48 | UInt64(level) &<< 40
            | address &>> UInt64(SecondLevelEntry.pageBits(level: level))
    }

    private static func hash(_ key: UInt64) -> UInt64 { key ^ key &>> 10 ^ key &>> 40 &* 0x9d }

    /// The page that an address of a domain lies in, or nil.
    func page(domain: UInt16, address: UInt64) -> MappedPage? {
        for level in Self.pageLevels where levels & 1 &<< level != 0 {
            let key = Self.key(domain, address, level: level)
            if let page = cache.payload(of: key, hash: Self.hash(key)) { return page }
        }
        return nil
    }

    mutating func insert(_ page: MappedPage, domain: UInt16) {
        let level = (page.bits &- 3) / 9
        let key = Self.key(domain, page.address, level: level)
        levels |= 1 &<< level
        cache.insert(page, key: key, hash: Self.hash(key))
    }

    mutating func invalidateAll() {
        levels = 0
        cache.removeAll()
    }

    /// - Returns: whether all entries had to be looked at.
    mutating func invalidate(_ mappings: MappingSelection) -> Bool {
        switch mappings {
        case .all:
            invalidateAll()
            return false
        case .domain(let domain):
            cache.removeAll { key, _ in key &>> 48 == UInt64(domain) }
            return true
        case .range(let domain, let addresses):
            return invalidate(domain, addresses)
        }
    }

    /// Few pages are looked up; for many, all entries are compared.
    private mutating func invalidate(_ domain: UInt16, _ addresses: ClosedRange<UInt64>) -> Bool {
        let last = min(addresses.upperBound, AddressWidth.bits48.lastAddress)
        guard addresses.lowerBound <= last else { return false }
        guard (last &- addresses.lowerBound) &>> 12 < 16 else {
            cache.removeAll { key, page in
                key &>> 48 == UInt64(domain) && page.addresses.overlaps(addresses)
            }
            return true
        }
        for level in Self.pageLevels where levels & 1 &<< level != 0 {
            let bits = UInt64(SecondLevelEntry.pageBits(level: level))
            for number in addresses.lowerBound &>> bits...last &>> bits {
                let key = Self.key(domain, number &<< bits, level: level)
                cache.remove(key, hash: Self.hash(key))
            }
        }
        return false
    }
}
