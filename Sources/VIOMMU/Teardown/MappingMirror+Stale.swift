extension MappingMirror {
    /// When the oldest stale mapping has to be unmapped; nil if there is none.
    public var deadline: UInt64? {
        guard stale.oldest != 0 else { return nil }
        let (time, overflow) = table[stale.oldest].since
            .addingReportingOverflow(configuration.staleTime)
        return overflow ? .max : time
    }

    /// If the deadline has come, starts to unmap what has to be, and what goes well with it: when
    /// mappings aren't used again, all; else those that have had half their time.
    public mutating func expire(now: UInt64) {
        advance(to: now)
        guard let deadline, deadline <= clock else { return }
        let due = clock &- min(clock, configuration.staleTime / 2)
        evict(Eviction(reason: .expired, through: configuration.mode == .deferred ? .max : due))
    }

    /// Starts to unmap all that is stale.
    public mutating func flush() {
        guard stale.count > 0 else { return }
        evict(Eviction(reason: .flushed, through: .max))
    }

    /// Starts to make room: by all that is stale if mappings aren't used again, else by half of it.
    mutating func makeRoom() {
        evict(
            Eviction(
                reason: .evicted, most: configuration.mode == .deferred ? 0 : stale.count / 2))
    }

    private mutating func evict(_ new: Eviction) {
        // What is under way already goes on.
        var new = new
        if let eviction {
            new.most = min(new.most, eviction.most)
            new.through = max(new.through, eviction.through)
        }
        eviction = new
    }

    /// Takes the oldest that the eviction wants, and neighbours that it wants as well.
    ///
    /// - Returns: nil if it wants no more.
    mutating func evictOldest(budget: inout Int) -> MirrorChange? {
        guard let eviction, stale.oldest != 0, wants(table[stale.oldest]) else {
            self.eviction = nil
            return nil
        }
        let node = table[stale.oldest]
        var first = node.first
        remove(stale.oldest, eviction.reason)
        while budget > 0 {
            let number = table.last(before: first)
            guard number != 0, wants(table[number]), Self.canJoin(table[number].last, first) else {
                break
            }
            first = table[number].first
            remove(number, eviction.reason)
            budget -= 1
        }
        let last = removeRow(behind: node.last, eviction.reason, budget: &budget) { $0.wants($1) }
        statistics.unmaps += 1
        return .unmap(first...last)
    }

    private func wants(_ node: ToldMapping) -> Bool {
        guard let eviction, node.isStale else { return false }
        return node.since <= eviction.through || stale.count > eviction.most
    }

    /// Whether one request may unmap both sides: the addresses of interrupts part what the host has
    /// as two regions.
    static func canJoin(_ end: UInt64, _ start: UInt64) -> Bool {
        let interrupts = InterruptAddressRange.addresses
        return !(end < interrupts.lowerBound && start > interrupts.upperBound)
    }

    /// The guest has unmapped a live mapping.
    mutating func retire(_ number: UInt32) {
        let size = table[number].size
        stale.append(number, since: clock, in: table)
        statistics.live -= 1
        statistics.liveBytes -= size
        statistics.stale += 1
        statistics.staleBytes += size
        statistics.deferred += 1
        statistics.mostStale = max(statistics.mostStale, statistics.stale)
        statistics.mostStaleBytes = max(statistics.mostStaleBytes, statistics.staleBytes)
    }

    /// A stale mapping is live again.
    mutating func revive(_ number: UInt32) {
        leaveList(number)
        statistics.revived += 1
        comesBack.noteSame()
        statistics.live += 1
        statistics.liveBytes += table[number].size
    }

    /// A stale mapping is none any more.
    mutating func leave(_ number: UInt32, _ reason: Eviction.Reason) {
        leaveList(number)
        switch reason {
        case .expired: statistics.expired += 1
        case .evicted: statistics.evicted += 1
        case .flushed: statistics.flushed += 1
        }
    }

    private mutating func leaveList(_ number: UInt32) {
        let node = table[number]
        stale.remove(number, in: table)
        statistics.stale -= 1
        statistics.staleBytes -= node.size
        statistics.longestStale = max(statistics.longestStale, clock &- node.since)
    }
}
