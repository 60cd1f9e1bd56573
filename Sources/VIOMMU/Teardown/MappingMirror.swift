/// What the host (VFIO) has been told of a device's mappings, and what it has to be told next.
///
/// VFIO can neither extend, join nor cut a mapping, and has a limit on their number. So what one
/// pass finds contiguous is told as few naturally aligned pieces of a power of two, whatever the
/// guest's page size; a mapping that is right already stays as it is; and one of which a part has
/// changed is ended as a whole, and its rest is told again at once. A device that uses the rest
/// meanwhile is blocked. That is counted (`MirrorStatistics.splits`); it doesn't happen as long as
/// the guest unmaps what it mapped by one invalidation by one invalidation as well, or by more than
/// one of such.
///
/// ## How it is used
/// - When the guest has invalidated a range: `begin`, `offer` for each run of its mappings in the
///   order of addresses, `end`. After each of the three, `next` until it returns nil, and each
///   change carried out. The guest may be told that its invalidation is complete then.
/// - `expire` and `flush` start to unmap stale mappings; `next` returns these changes as well.
///
/// ## Teardown
/// Unless it is strict, a mapping that the guest has unmapped becomes stale rather than unmapped in
/// the host. It is unmapped
/// - when it has been stale for `MirrorConfiguration.staleTime`: at the first `expire` from then on,
/// - to keep a limit, oldest ones first; a live mapping is never ended for that,
/// - before a part of its addresses is mapped anew, unless mode is optimistic and all of it is
///   mapped as it was: then it is live again. If mode is deferred, or the last ones didn't come
///   back as they were (`ReuseGuess`), all others go with it,
/// - with all others at the begin of a strict pass, and at `flush`.
///
/// Time is the caller's: nanoseconds that don't go back (if they do, they stand still here).
///
/// All memory is allocated by `init` and `setLimit`.
public struct MappingMirror: ~Copyable {
    public internal(set) var statistics = MirrorStatistics()
    public internal(set) var configuration: MirrorConfiguration

    let table: MappingTable
    var stale = StaleList()
    var comesBack = ReuseGuess()
    var clock: UInt64 = 1

    /// What is being compared, and the first address of it that hasn't been.
    var pass: ClosedRange<UInt64> = 0...0
    var isOpen = false
    var isStrict = true
    var walked: UInt64 = 0

    // To do, in this order.
    var eviction: Eviction?
    /// What is outside the pass of a live mapping that had to be ended.
    var head: Mapping?
    var tail: Mapping?
    /// Nothing is mapped there any more.
    var gap: ClosedRange<UInt64>?
    var run: Mapping?

    /// A live mapping that was ended: is it one of which a part stays?
    var ended: Mapping?
    /// Where the limit left no room for mappings.
    public internal(set) var missing: ClosedRange<UInt64>?

    /// Which stale mappings are to be unmapped.
    struct Eviction {
        enum Reason {
            case expired
            case evicted
            case flushed
        }

        var reason: Reason
        /// Those that became stale until then. Time begins after 0.
        var through: UInt64 = 0
        /// As many that no more than so many are left.
        var most = Int.max
    }

    /// - Parameter configuration: values out of range are brought into it.
    public init(_ configuration: MirrorConfiguration) {
        self.configuration = configuration.normalized
        table = MappingTable(capacity: self.configuration.mappingLimit)
    }

    /// Sets how many mappings the host takes. What has been told stays.
    ///
    /// - Parameter limit: is brought into `1...MirrorConfiguration.mostMappings`.
    public mutating func setLimit(_ limit: Int) {
        configuration.mappingLimit = limit
        configuration = configuration.normalized
        table.grow(to: configuration.mappingLimit)
    }

    /// Starts to compare a range with the guest's tables. A pass under way is given up: the new one
    /// must include what was left of it.
    ///
    /// - Parameters:
    ///   - addresses: whole pages of 4 KiB, below 2^57.
    ///   - strict: what vanishes is unmapped rather than stale, and all that is stale is unmapped.
    /// - Returns: false, with nothing done, if `addresses` isn't so.
    public mutating func begin(_ addresses: ClosedRange<UInt64>, strict: Bool) -> Bool {
        guard Self.isValid(addresses) else { return false }
        pass = addresses
        isOpen = true
        isStrict = strict || configuration.mode == .strict
        walked = addresses.lowerBound
        (gap, run, ended) = (nil, nil, nil)
        if let missing, missing.lowerBound >= addresses.lowerBound,
            missing.upperBound <= addresses.upperBound
        {
            self.missing = nil
        }
        if isStrict { flush() }
        return true
    }

    /// The next run of pages that the guest has mapped in the range.
    ///
    /// - Parameter run: whole pages; what is contiguous should be one run.
    /// - Returns: false, with nothing done, if it is not after those before, not in the range, or if
    ///   there are changes to be done.
    public mutating func offer(_ run: Mapping) -> Bool {
        guard isOpen, !isBusy, Self.isValid(run.addresses),
            run.isReadable || run.isWritable, run.addresses.lowerBound >= walked,
            run.addresses.upperBound <= pass.upperBound
        else { return false }
        if run.addresses.lowerBound > walked { gap = walked...run.addresses.lowerBound &- 1 }
        self.run = run
        walked = run.addresses.upperBound &+ 1
        return true
    }

    /// There are no more runs in the range.
    ///
    /// - Returns: false, with nothing done, without a pass or if there are changes to be done.
    public mutating func end() -> Bool {
        guard isOpen, !isBusy else { return false }
        if walked <= pass.upperBound { gap = walked...pass.upperBound }
        isOpen = false
        return true
    }

    /// Forgets all: the host has ended all mappings by itself.
    public mutating func clear(now: UInt64) {
        advance(to: now)
        while stale.oldest != 0 { leave(stale.oldest, .flushed) }
        table.removeAll()
        (statistics.live, statistics.liveBytes) = (0, 0)
        (eviction, head, tail, gap, run, ended, missing) = (nil, nil, nil, nil, nil, nil, nil)
        isOpen = false
    }

    /// The first live mapping that doesn't end before an address, as the host was told of it.
    public func mapping(endingFrom address: UInt64) -> Mapping? {
        var number = table.first(endingFrom: address)
        while number != 0, table[number].isStale {
            number = table.first(endingFrom: table[number].last &+ 1)
        }
        guard number != 0 else { return nil }
        return table[number].mapping
    }

    /// Whether `next` has to be asked before the pass can go on.
    public var isBusy: Bool { head != nil || tail != nil || gap != nil || run != nil }

    /// Whether there is room for what is missing.
    public var hasRoom: Bool { table.count < configuration.mappingLimit || stale.count > 0 }

    private static func isValid(_ addresses: ClosedRange<UInt64>) -> Bool {
        addresses.lowerBound & 0xfff == 0 && addresses.upperBound & 0xfff == 0xfff
            && addresses.upperBound >> 57 == 0
    }

    mutating func advance(to now: UInt64) {
        clock = max(clock, now)
    }
}
