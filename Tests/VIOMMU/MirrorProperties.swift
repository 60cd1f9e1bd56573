import Interrupts
import SplitMix64
import Testing
import VIOMMU

/// A mirror against `ModelHost`, under guests that map, unmap and invalidate in any order while time
/// passes.
@Suite struct MirrorProperties {
    @Test(arguments: [TeardownMode.strict, .deferred, .optimistic])
    func followsAnyGuest(_ mode: TeardownMode) {
        var totals = MirrorStatistics()
        let guests = 8
        for seed in 0..<UInt64(guests) {
            var run = Run(mode, seed: seed)
            for step in 0..<Machine.randomCases / guests {
                if let problem = run.act() {
                    Issue.record("\(mode), seed \(seed), step \(step): \(problem)")
                    return
                }
            }
            totals.add(run.mirror.statistics)
        }
        print("mirrors, \(mode): \(Machine.randomCases) operations, \(totals)")
        let few = UInt64(Machine.randomCases / 1_000)
        #expect(totals.maps > few && totals.unmaps > few && totals.splits > few)
        #expect(totals.refused > few)
        #expect((totals.deferred > few) == (mode != .strict))
        #expect((totals.expired > few) == (mode != .strict))
        #expect((totals.evicted > few) == (mode != .strict))
        #expect((totals.revived > few) == (mode == .optimistic))
    }

    /// A guest that unmaps what it mapped, as drivers do: nothing live is ever touched.
    @Test(arguments: [TeardownMode.strict, .deferred, .optimistic])
    func orderlyGuestsSeeNoSplit(_ mode: TeardownMode) {
        for seed in 0..<UInt64(4) {
            var run = Run(mode, seed: seed, isOrderly: true)
            for step in 0..<Machine.randomCases / 4 {
                if let problem = run.act() {
                    Issue.record("\(mode), seed \(seed), step \(step): \(problem)")
                    return
                }
            }
            #expect(run.mirror.statistics.splits == 0)
            #expect(run.model.interrupted == 0)
        }
    }

    private struct Run: ~Copyable {
        var mirror: MappingMirror
        var model = ModelHost()
        var random: SplitMix64
        var now: UInt64 = 1
        let mode: TeardownMode
        let isOrderly: Bool
        /// What an orderly guest has mapped, and what any guest has unmapped lately.
        var areas: [Range<Int>] = []
        var unmapped: [(first: Int, pages: [ModelHost.Page])] = []

        static var staleTime: UInt64 { 1_000 }

        init(_ mode: TeardownMode, seed: UInt64, isOrderly: Bool = false) {
            (self.mode, self.isOrderly) = (mode, isOrderly)
            random = SplitMix64(seed: seed)
            var configuration = MirrorConfiguration()
            configuration.mode = mode
            configuration.staleTime = Self.staleTime
            // With some guests one limit or the other is tight.
            configuration.staleLimit = [64, 4, 16, 1][Int(seed % 4)]
            configuration.mappingLimit = isOrderly ? 256 : [256, 40, 12, 24][Int(seed % 4)]
            configuration.byteLimit = seed % 3 == 0 ? 40 << 12 : 0
            mirror = MappingMirror(configuration)
        }

        // MARK: - Operations

        mutating func act() -> String? {
            switch random.below(16) {
            case 0..<6: return map()
            case 6..<11: return isOrderly ? unmapArea() : unmap()
            case 11: return again()
            case 12: return pass(0..<ModelHost.pages.count, strict: random.below(4) == 0)
            case 13 where random.below(8) == 0:
                mirror.flush()
                return drain() ?? check()
            default: return passTime()
            }
        }

        private mutating func passTime() -> String? {
            now += UInt64(random.below(Int(Self.staleTime) * 2))
            model.now = now
            let isDue = mirror.deadline.map { $0 <= now } ?? false
            mirror.expire(now: now)
            if let problem = drain() { return problem }
            for index in model.host.indices {
                // The bound: not usable any more.
                if let since = model.since[index], since + Self.staleTime <= now {
                    return "page \(index) is mapped \(now - since) after its end"
                }
            }
            if !isDue, mirror.statistics.stale == 0, model.since.contains(where: { $0 != nil }) {
                return "forgot stale pages"
            }
            return check()
        }

        /// A random range on one side of the interrupts' addresses.
        private mutating func range(atMost length: Int) -> Range<Int> {
            let first = random.below(ModelHost.pages.count)
            let end = first < 128 ? 128 : 256
            return first..<min(end, first + 1 + random.below(length))
        }

        private mutating func map() -> String? {
            let range = range(atMost: random.below(4) == 0 ? 64 : 8)
            if isOrderly {
                guard !areas.contains(where: { $0.overlaps(range) }) else { return nil }
                areas.append(range)
            }
            let output = UInt64(1 + random.below(1 << 20)) << 12
            let isWritable = random.below(4) != 0
            for (offset, index) in range.enumerated() {
                model.guest[index] = ModelHost.Page(
                    output: output + UInt64(offset) << 12, isWritable: isWritable)
            }
            return invalidate(range)
        }

        private mutating func unmap() -> String? { remove(range(atMost: 32)) }

        private mutating func unmapArea() -> String? {
            guard !areas.isEmpty else { return nil }
            return remove(areas.remove(at: random.below(areas.count)))
        }

        private mutating func remove(_ range: Range<Int>) -> String? {
            let pages = range.compactMap { model.guest[$0] }
            if pages.count == range.count { unmapped.append((range.lowerBound, pages)) }
            if unmapped.count > 8 { unmapped.removeFirst() }
            for index in range { model.guest[index] = nil }
            return invalidate(range)
        }

        /// Maps what was unmapped, as it was.
        private mutating func again() -> String? {
            guard !unmapped.isEmpty else { return nil }
            let (first, pages) = unmapped.remove(at: random.below(unmapped.count))
            let range = first..<first + pages.count
            if isOrderly {
                guard !areas.contains(where: { $0.overlaps(range) }) else { return nil }
                areas.append(range)
            }
            for index in range { model.guest[index] = pages[index - first] }
            return invalidate(range)
        }

        /// The range, or the smallest naturally aligned one around it, as drivers do.
        private mutating func invalidate(_ range: Range<Int>) -> String? {
            guard random.below(2) == 0 else { return pass(range, strict: random.below(16) == 0) }
            var size = 1
            while range.lowerBound / size != (range.upperBound - 1) / size { size *= 2 }
            let first = range.lowerBound / size * size
            return pass(first..<first + size, strict: false)
        }

        // MARK: - What a VMM does

        private mutating func pass(_ range: Range<Int>, strict: Bool) -> String? {
            let addresses = ModelHost.address(range.lowerBound)
                ... ModelHost.address(range.upperBound - 1) | 0xfff
            guard mirror.begin(addresses, strict: strict) else { return "no pass" }
            if let problem = drain() { return problem }
            model.noteStale(range)
            for run in model.runs(range) {
                guard mirror.offer(run) else { return "a run was refused" }
                if let problem = drain() { return problem }
            }
            guard mirror.end() else { return "the pass didn't end" }
            if let problem = drain() { return problem }
            model.noteLive()
            if mirror.missing != nil, mirror.hasRoom {
                return self.pass(0..<ModelHost.pages.count, strict: false)
            }
            return check(strictly: strict)
        }

        private mutating func drain() -> String? {
            for _ in 0..<10_000 {
                var budget = 1 + random.below(16)
                guard let change = mirror.next(now: now, budget: &budget) else { return nil }
                if let problem = model.apply(change) { return "\(change): \(problem)" }
                if mirror.statistics.live + mirror.statistics.stale
                    > UInt64(mirror.configuration.mappingLimit)
                {
                    return "more mappings than the limit"
                }
                if mirror.statistics.stale > UInt64(mirror.configuration.staleLimit) {
                    return "more stale mappings than the limit"
                }
            }
            return "changes without end"
        }

        // MARK: - What has to be true

        private func check(strictly: Bool = false) -> String? {
            var isMissing = false
            for index in model.host.indices {
                let (guest, host) = (model.guest[index], model.host[index])
                if let guest, guest != host {
                    let address = ModelHost.address(index)
                    guard host == nil, mirror.missing?.contains(address) == true else {
                        return "page \(index) is \(guest), the host has \(host as Any)"
                    }
                    isMissing = true
                }
                if guest == nil, host != nil, mode == .strict || strictly {
                    return "page \(index) is mapped still"
                }
                if let told = model.told[index], told.first == index,
                    (told.first...told.last).contains(where: {
                        (model.guest[$0] == nil) != (guest == nil)
                    })
                {
                    return "a mapping is stale in part"
                }
            }
            let (has, counts) = (mirror.statistics, model.counts)
            if isMissing, has.stale > 0 || has.live < UInt64(mirror.configuration.mappingLimit) {
                return "mappings are missing, but there is room"
            }
            guard has.live == counts.live, has.liveBytes == counts.liveBytes,
                has.stale == counts.stale, has.staleBytes == counts.staleBytes,
                has.maps == UInt64(model.maps), has.unmaps == UInt64(model.unmaps),
                has.longestStale == model.longestStale, has.mostStale >= has.stale,
                has.deferred
                    == has.revived + has.expired + has.evicted + has.flushed + has.stale
            else { return "\(has), but there are \(counts)" }
            return nil
        }
    }
}

extension MirrorStatistics {
    fileprivate mutating func add(_ other: MirrorStatistics) {
        maps += other.maps
        unmaps += other.unmaps
        deferred += other.deferred
        revived += other.revived
        expired += other.expired
        evicted += other.evicted
        flushed += other.flushed
        splits += other.splits
        refused += other.refused
        mostStale = max(mostStale, other.mostStale)
        longestStale = max(longestStale, other.longestStale)
    }
}
