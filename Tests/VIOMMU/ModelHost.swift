import VIOMMU

/// A naive model of the host's side of a mirror: what VFIO would have mapped, what VFIO would
/// refuse, and since when pages are mapped that the guest has unmapped.
struct ModelHost {
    /// Numbers of pages, in the order of addresses, on both sides of the interrupts' addresses.
    static let pages = [UInt64](0xfed80...0xfedff) + [UInt64](0xfef00...0xfef7f)
    static let all = address(0)...address(pages.count - 1) | 0xfff

    struct Page: Equatable {
        var output: UInt64
        var isWritable: Bool
    }

    struct Told {
        var first: Int
        var last: Int
    }

    /// What the guest has mapped, and what the host has.
    var guest = [Page?](repeating: nil, count: pages.count)
    var host = [Page?](repeating: nil, count: pages.count)
    /// The host's mapping that a page is part of.
    var told = [Told?](repeating: nil, count: pages.count)
    /// When the guest unmapped what the host still has.
    var since = [UInt64?](repeating: nil, count: pages.count)
    /// Live pages that were unmapped for a time.
    var interrupted = 0
    var maps = 0
    var unmaps = 0
    var now: UInt64 = 1
    /// The longest that a page was stale.
    private(set) var longestStale: UInt64 = 0

    static func address(_ index: Int) -> UInt64 { pages[index] << 12 }

    static func index(_ address: UInt64) -> Int? {
        let page = address >> 12
        if page >= 0xfed80, page <= 0xfedff { return Int(page - 0xfed80) }
        if page >= 0xfef00, page <= 0xfef7f { return 128 + Int(page - 0xfef00) }
        return nil
    }

    /// - Returns: what VFIO or a device would complain about.
    mutating func apply(_ change: MirrorChange) -> String? {
        switch change {
        case .paused: return nil
        case .map(let mapping): return map(mapping)
        case .unmap(let addresses): return unmap(addresses)
        }
    }

    private mutating func map(_ mapping: Mapping) -> String? {
        let size = mapping.addresses.upperBound - mapping.addresses.lowerBound + 1
        guard let first = Self.index(mapping.addresses.lowerBound),
            let last = Self.index(mapping.addresses.upperBound), size.nonzeroBitCount == 1,
            mapping.addresses.lowerBound % size == 0, size == UInt64(last - first + 1) << 12
        else { return "not a naturally aligned power of two" }
        for index in first...last {
            guard told[index] == nil else { return "EEXIST" }
            let output = mapping.output + UInt64(index - first) << 12
            let page = Page(output: output, isWritable: mapping.isWritable)
            guard mapping.isReadable, guest[index] == page else { return "not what the guest has" }
            host[index] = page
            told[index] = Told(first: first, last: last)
        }
        maps += 1
        return nil
    }

    private mutating func unmap(_ addresses: ClosedRange<UInt64>) -> String? {
        guard let first = Self.index(addresses.lowerBound),
            let last = Self.index(addresses.upperBound), (first < 128) == (last < 128)
        else { return "unmaps what is of no one mapping" }
        guard told[first]?.first == first, told[last]?.last == last else {
            return "cuts a mapping, or ends none"
        }
        for index in first...last {
            if host[index] != nil, host[index] == guest[index], since[index] == nil {
                interrupted += 1
            }
            noteAge(index)
            (host[index], told[index], since[index]) = (nil, nil, nil)
        }
        unmaps += 1
        return nil
    }

    /// The guest has invalidated: notes since when pages are stale.
    mutating func noteStale(_ indices: Range<Int>) {
        for index in indices where host[index] != nil && guest[index] == nil {
            since[index] = since[index] ?? now
        }
    }

    /// What was mapped again isn't stale any more.
    mutating func noteLive() {
        for index in guest.indices where guest[index] != nil {
            noteAge(index)
            since[index] = nil
        }
    }

    private mutating func noteAge(_ index: Int) {
        if let since = since[index] { longestStale = max(longestStale, now - since) }
    }

    /// The runs of pages that the guest has mapped, as a walk of its tables finds them.
    func runs(_ indices: Range<Int>) -> [Mapping] {
        var result: [Mapping] = []
        for index in indices {
            guard let page = guest[index] else { continue }
            let address = Self.address(index)
            if var previous = result.last, previous.addresses.upperBound + 1 == address,
                previous.output + (address - previous.addresses.lowerBound) == page.output,
                previous.isWritable == page.isWritable
            {
                previous.addresses = previous.addresses.lowerBound...address | 0xfff
                result[result.count - 1] = previous
            } else {
                result.append(
                    Mapping(
                        addresses: address...address | 0xfff, output: page.output,
                        isReadable: true, isWritable: page.isWritable))
            }
        }
        return result
    }

    /// Live and stale mappings, and their bytes, by what both sides have.
    var counts: (live: UInt64, liveBytes: UInt64, stale: UInt64, staleBytes: UInt64) {
        var result: (live: UInt64, liveBytes: UInt64, stale: UInt64, staleBytes: UInt64) = (0, 0, 0, 0)
        for index in host.indices {
            guard let mapping = told[index] else { continue }
            let isHead = mapping.first == index
            if guest[index] != nil {
                result.live += isHead ? 1 : 0
                result.liveBytes += 4096
            } else {
                result.stale += isHead ? 1 : 0
                result.staleBytes += 4096
            }
        }
        return result
    }
}
