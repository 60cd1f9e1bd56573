import Testing
import VIOMMU

@Suite struct MappingMirrorTests {
    /// A mirror, and what VMMs do with it.
    private final class VMM {
        private var mirror: MappingMirror
        var now: UInt64 = 1

        init(_ change: (inout MirrorConfiguration) -> Void = { _ in }) {
            var configuration = MirrorConfiguration()
            change(&configuration)
            mirror = MappingMirror(configuration)
        }

        var statistics: MirrorStatistics { mirror.statistics }
        var missing: ClosedRange<UInt64>? { mirror.missing }
        var hasRoom: Bool { mirror.hasRoom }
        var deadline: UInt64? { mirror.deadline }

        func begin(_ addresses: ClosedRange<UInt64>, strict: Bool = false) -> Bool {
            mirror.begin(addresses, strict: strict)
        }

        func offer(_ run: Mapping) -> Bool { mirror.offer(run) }
        func end() -> Bool { mirror.end() }
        func expire() { mirror.expire(now: now) }
        func flush() { mirror.flush() }
        func clear() { mirror.clear(now: now) }
        func setLimit(_ limit: Int) { mirror.setLimit(limit) }
        func mapping(endingFrom address: UInt64) -> Mapping? {
            mirror.mapping(endingFrom: address)
        }

        func next(budget: Int) -> MirrorChange? {
            var rest = budget
            return mirror.next(now: now, budget: &rest)
        }

        func drain() -> [MirrorChange] {
            var result: [MirrorChange] = []
            var budget = 1_000_000
            while let change = mirror.next(now: now, budget: &budget) { result.append(change) }
            return result
        }

        /// A pass over a range of pages in which these runs are mapped.
        func pass(
            _ range: ClosedRange<UInt64>, _ runs: [Mapping] = [], strict: Bool = false
        ) -> [MirrorChange] {
            #expect(begin(addresses(range), strict: strict))
            var result = drain()
            for run in runs {
                #expect(offer(run))
                result += drain()
            }
            #expect(end())
            return result + drain()
        }
    }

    private static func run(_ pages: ClosedRange<UInt64>, at output: UInt64) -> Mapping {
        Mapping(
            addresses: addresses(pages), output: output << 12, isReadable: true, isWritable: true)
    }

    private static func sizes(_ changes: [MirrorChange]) -> [UInt64] {
        changes.compactMap {
            guard case .map(let mapping) = $0 else { return nil }
            return (mapping.addresses.upperBound - mapping.addresses.lowerBound + 1) >> 12
        }
    }

    @Test func adjacentPagesAreFewPieces() {
        let vmm = VMM()
        let changes = vmm.pass(3...200_002, [Self.run(3...200_002, at: 0x10_0003)])
        #expect(Self.sizes(changes).reduce(0, +) == 200_000)
        #expect(changes.count < 2 * 18)
        // Nothing is told twice.
        #expect(vmm.pass(0...300_000, [Self.run(3...200_002, at: 0x10_0003)]) == [])
        #expect(vmm.pass(3...200_002) == [.unmap(addresses(3...200_002))])
    }

    @Test func liveMappingsStayAndHolesAreFilled() {
        let vmm = VMM()
        _ = vmm.pass(4...4, [Self.run(4...4, at: 0x104)])
        let changes = vmm.pass(0...7, [Self.run(0...7, at: 0x100)])
        #expect(Self.sizes(changes) == [4, 1, 2])
        #expect(vmm.statistics.splits == 0)
    }

    @Test func aPartThatVanishesTakesTheWholeAndTheRestComesBack() {
        for mode in [TeardownMode.strict, .deferred, .optimistic] {
            let vmm = VMM { $0.mode = mode }
            _ = vmm.pass(0...7, [Self.run(0...7, at: 0x100)])
            let changes = vmm.pass(2...3)
            #expect(
                changes == [
                    .unmap(addresses(0...7)), .map(Self.run(0...1, at: 0x100)),
                    .map(Self.run(4...7, at: 0x104)),
                ])
            #expect(vmm.statistics.splits == 1)
            #expect(vmm.statistics.stale == 0)
        }
    }

    @Test func deferredMappingsEndTogether() {
        let vmm = VMM { ($0.mode, $0.staleTime, $0.staleLimit) = (.deferred, 100, 3) }
        for page in [0, 2, 4, 9] as [UInt64] {
            _ = vmm.pass(page...page, [Self.run(page...page, at: 0x100 + page)])
        }
        #expect(vmm.pass(0...0) == [] && vmm.deadline == 101)
        vmm.now = 50
        #expect(vmm.pass(2...2) == [])
        vmm.now = 100
        vmm.expire()
        #expect(vmm.drain() == [])
        vmm.now = 101
        vmm.expire()
        #expect(vmm.drain() == [.unmap(addresses(0...2))])
        #expect(vmm.statistics.longestStale == 100)
        #expect(vmm.statistics.expired == 2 && vmm.deadline == nil)
    }

    @Test func deferredMappingsEndTogetherAsOneOfThemIsInTheWay() {
        let vmm = VMM { $0.mode = .deferred }
        for page in 0...7 as ClosedRange<UInt64> {
            _ = vmm.pass(page...page, [Self.run(page...page, at: 0x200 - 2 * page)])
        }
        for page in 0...7 as ClosedRange<UInt64> { _ = vmm.pass(page...page) }
        #expect(
            vmm.pass(3...3, [Self.run(3...3, at: 0x300)])
                == [.unmap(addresses(0...7)), .map(Self.run(3...3, at: 0x300))])
        #expect(vmm.statistics.flushed == 8)
    }

    @Test func theNumberOfStaleMappingsIsBounded() {
        let vmm = VMM { ($0.mode, $0.staleLimit) = (.deferred, 2) }
        for page in 0...3 as ClosedRange<UInt64> {
            _ = vmm.pass(2 * page...2 * page, [Self.run(2 * page...2 * page, at: 0x100)])
        }
        #expect(vmm.pass(0...2) == [])
        #expect(vmm.pass(6...6) == [.unmap(addresses(0...2))])
        #expect(vmm.statistics.evicted == 2 && vmm.statistics.stale == 1)
    }

    @Test func onlyTheSameMappingIsUsedAgain() {
        let vmm = VMM { $0.mode = .optimistic }
        _ = vmm.pass(0...3, [Self.run(0...3, at: 0x100)])
        #expect(vmm.pass(0...3) == [])
        #expect(vmm.pass(0...3, [Self.run(0...3, at: 0x100)]) == [])
        #expect(vmm.statistics.revived == 1 && vmm.statistics.live == 1)
        // To another place, or by a part: the old one goes first.
        #expect(vmm.pass(0...3) == [])
        #expect(
            vmm.pass(0...3, [Self.run(0...3, at: 0x200)])
                == [.unmap(addresses(0...3)), .map(Self.run(0...3, at: 0x200))])
        #expect(vmm.pass(0...3) == [])
        #expect(
            vmm.pass(0...0, [Self.run(0...0, at: 0x200)])
                == [.unmap(addresses(0...3)), .map(Self.run(0...0, at: 0x200))])
        // Without the right to write.
        #expect(vmm.pass(0...0) == [])
        var less = Self.run(0...0, at: 0x200)
        less.isWritable = false
        #expect(vmm.pass(0...0, [less]) == [.unmap(addresses(0...0)), .map(less)])
        #expect(vmm.statistics.revived == 1)
    }

    @Test func mappingsThatDoNotComeBackEndTogether() {
        let vmm = VMM { $0.mode = .optimistic }
        func remap(_ page: UInt64, at output: UInt64) -> [MirrorChange] {
            vmm.pass(page...page, [Self.run(page...page, at: output)])
        }
        for page in 0...7 as ClosedRange<UInt64> { _ = remap(page, at: 0x100 + page) }
        for page in 0...7 as ClosedRange<UInt64> { _ = vmm.pass(page...page) }
        for page in [0, 1] as [UInt64] {
            #expect(
                remap(page, at: 0x300)
                    == [.unmap(addresses(page...page)), .map(Self.run(page...page, at: 0x300))])
        }
        #expect(
            remap(2, at: 0x300) == [.unmap(addresses(2...7)), .map(Self.run(2...2, at: 0x300))])
        // One that comes back has others wait again.
        for page in [0, 1, 2] as [UInt64] { #expect(vmm.pass(page...page) == []) }
        #expect(remap(0, at: 0x300) == [])
        #expect(vmm.pass(0...0) == [] && remap(0, at: 0x300) == [])
        #expect(
            remap(1, at: 0x400) == [.unmap(addresses(1...1)), .map(Self.run(1...1, at: 0x400))])
        #expect(vmm.statistics.stale == 1)
    }

    @Test func strictPassesEndWhatIsStale() {
        let vmm = VMM { $0.mode = .optimistic }
        _ = vmm.pass(0...3, [Self.run(0...3, at: 0x100)])
        _ = vmm.pass(0...3)
        // Even if the same is mapped: perhaps by another domain.
        #expect(
            vmm.pass(0...1_000, [Self.run(0...3, at: 0x100)], strict: true)
                == [.unmap(addresses(0...3)), .map(Self.run(0...3, at: 0x100))])
    }

    @Test func requestsDoNotReachAcrossTheInterruptsAddresses() {
        for mode in [TeardownMode.strict, .deferred] {
            let vmm = VMM { $0.mode = mode }
            let low: ClosedRange<UInt64> = 0xfedff...0xfedff
            let high: ClosedRange<UInt64> = 0xfef00...0xfef00
            _ = vmm.pass(
                0xfed00...0xfefff, [Self.run(low, at: 0x100), Self.run(high, at: 0x200)])
            var changes = vmm.pass(0xfed00...0xfefff)
            vmm.flush()
            changes += vmm.drain()
            #expect(changes == [.unmap(addresses(low)), .unmap(addresses(high))])
        }
    }

    @Test func theLimitCostsStaleMappingsFirstAndLiveOnesNever() {
        let vmm = VMM { ($0.mode, $0.mappingLimit) = (.optimistic, 4) }
        for page in 0...3 as ClosedRange<UInt64> {
            _ = vmm.pass(2 * page...2 * page, [Self.run(2 * page...2 * page, at: 0x100 + page)])
        }
        _ = vmm.pass(0...0)
        #expect(
            vmm.pass(20...20, [Self.run(20...20, at: 0x300)])
                == [.unmap(addresses(0...0)), .map(Self.run(20...20, at: 0x300))])
        #expect(vmm.missing == nil)
        // Now all are live: the next ones are missing until there is room.
        #expect(vmm.pass(30...30, [Self.run(30...30, at: 0x400)]) == [])
        #expect(vmm.pass(40...40, [Self.run(40...40, at: 0x500)]) == [])
        #expect(vmm.missing == addresses(30...40) && !vmm.hasRoom)
        #expect(vmm.statistics.live == 4 && vmm.statistics.refused == 2)
        _ = vmm.pass(2...2)
        #expect(vmm.hasRoom)
        let changes = vmm.pass(
            30...40, [Self.run(30...30, at: 0x400), Self.run(40...40, at: 0x500)])
        #expect(changes == [.unmap(addresses(2...2)), .map(Self.run(30...30, at: 0x400))])
        #expect(vmm.missing == addresses(40...40))
    }

    @Test func whatIsPinnedStaysBelowItsBound() {
        let vmm = VMM { ($0.mode, $0.byteLimit) = (.optimistic, 8 << 12) }
        _ = vmm.pass(0...3, [Self.run(0...3, at: 0x100)])
        _ = vmm.pass(8...11, [Self.run(8...11, at: 0x200)])
        _ = vmm.pass(0...3)
        #expect(
            vmm.pass(16...17, [Self.run(16...17, at: 0x300)])
                == [.unmap(addresses(0...3)), .map(Self.run(16...17, at: 0x300))])
        // Live mappings may be more.
        #expect(vmm.pass(24...31, [Self.run(24...31, at: 0x400)]).count == 1)
    }

    @Test func nonsenseIsRefused() {
        let vmm = VMM()
        #expect(!vmm.begin(0...0x1000))
        #expect(!vmm.begin(0...UInt64.max))
        #expect(!vmm.end())
        #expect(!vmm.offer(Self.run(0...0, at: 0)))
        #expect(vmm.begin(addresses(4...7)))
        #expect(!vmm.offer(Self.run(3...4, at: 0)))
        #expect(!vmm.offer(Self.run(7...8, at: 0)))
        #expect(vmm.offer(Self.run(5...5, at: 0)))
        #expect(!vmm.offer(Self.run(6...6, at: 0)) && !vmm.end())
        _ = vmm.drain()
        #expect(!vmm.offer(Self.run(5...5, at: 0)))
        #expect(vmm.offer(Self.run(6...6, at: 0)))
        #expect(vmm.next(budget: 0) == .paused)
    }

    @Test func clearingForgets() {
        let vmm = VMM { $0.mode = .deferred }
        _ = vmm.pass(0...3, [Self.run(0...3, at: 0x100)])
        _ = vmm.pass(8...8, [Self.run(8...8, at: 0x100)])
        _ = vmm.pass(8...8)
        #expect(vmm.mapping(endingFrom: 0) == Self.run(0...3, at: 0x100))
        #expect(vmm.mapping(endingFrom: 0x4000) == nil)
        vmm.clear()
        #expect(vmm.drain() == [] && vmm.mapping(endingFrom: 0) == nil)
        #expect(vmm.statistics.live == 0 && vmm.statistics.stale == 0)
        #expect(vmm.pass(0...0, [Self.run(0...0, at: 0x100)]).count == 1)
    }

    @Test func aHigherLimitKeepsWhatThereIs() {
        let vmm = VMM { $0.mappingLimit = 2 }
        _ = vmm.pass(0...0, [Self.run(0...0, at: 0x100)])
        vmm.setLimit(3)
        _ = vmm.pass(2...2, [Self.run(2...2, at: 0x100)])
        #expect(vmm.pass(4...4, [Self.run(4...4, at: 0x100)]).count == 1)
        #expect(vmm.pass(6...6, [Self.run(6...6, at: 0x100)]).isEmpty)
        #expect(vmm.pass(0...0) == [.unmap(addresses(0...0))])
    }
}

private func addresses(_ pages: ClosedRange<UInt64>) -> ClosedRange<UInt64> {
    pages.lowerBound << 12...pages.upperBound << 12 | 0xfff
}
