extension MappingMirror {
    /// The next change that the host has to make.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - budget: how many mappings may be looked at; what is left of it afterwards.
    /// - Returns: nil if there is nothing to do until the next call of another function.
    public mutating func next(now: UInt64, budget: inout Int) -> MirrorChange? {
        advance(to: now)
        while eviction != nil || isBusy {
            guard budget > 0 else { return .paused }
            budget -= 1
            if let change = step(budget: &budget) { return change }
        }
        return nil
    }

    /// One thing of those to do.
    private mutating func step(budget: inout Int) -> MirrorChange? {
        if eviction != nil { return evictOldest(budget: &budget) }
        if let head { return fill(head, upTo: head.addresses.upperBound) { $0.head = $1 } }
        if let tail { return fill(tail, upTo: tail.addresses.upperBound) { $0.tail = $1 } }
        if let gap { return empty(gap, budget: &budget) }
        return run.flatMap { follow($0, budget: &budget) }
    }

    // MARK: - Where nothing is mapped

    /// Goes on with the first mapping in a gap.
    private mutating func empty(_ gap: ClosedRange<UInt64>, budget: inout Int) -> MirrorChange? {
        let number = table.first(endingFrom: gap.lowerBound)
        let node = table[number]
        guard number != 0, node.first <= gap.upperBound else {
            self.gap = nil
            return nil
        }
        guard node.isInside(gap) else {
            // A stale one may reach beyond the gap; nobody uses it there either.
            guard node.isStale else { return endWhole(number) }
            return skip(node, in: gap)
        }
        if isStrict { return endRow(number, budget: &budget) { $1.isInside(gap) } }
        guard !node.isStale else { return skip(node, in: gap) }
        guard stale.count < configuration.staleLimit else {
            makeRoom()
            return nil
        }
        retire(number)
        return skip(node, in: gap)
    }

    private mutating func skip(_ node: ToldMapping, in gap: ClosedRange<UInt64>) -> MirrorChange? {
        self.gap = node.last < gap.upperBound ? node.last &+ 1...gap.upperBound : nil
        return nil
    }

    // MARK: - Where the guest has mapped

    /// Goes on with the first address of a run.
    private mutating func follow(_ run: Mapping, budget: inout Int) -> MirrorChange? {
        noteSplit(run)
        let number = table.first(endingFrom: run.addresses.lowerBound)
        let node = table[number]
        guard number != 0, node.overlaps(run.addresses) else {
            return fill(run, upTo: run.addresses.upperBound) { $0.run = $1 }
        }
        guard isRight(node, for: run) else {
            guard node.isStale else { return endWhole(number) }
            comesBack.noteOther()
            guard configuration.mode == .optimistic, comesBack.isLikely else {
                // Guests use addresses again that they used last. One by one, each stale mapping
                // would take a request of its own.
                flush()
                return nil
            }
            return endRow(number, budget: &budget) {
                $1.isStale && $1.overlaps(run.addresses) && !$0.isRight($1, for: run)
            }
        }
        guard node.first <= run.addresses.lowerBound else {
            return fill(run, upTo: node.first &- 1) { $0.run = $1 }
        }
        if node.isStale { revive(number) }
        self.run = run.rest(after: node.last)
        return nil
    }

    /// Whether a mapping may stay, or become live again, under a run.
    private func isRight(_ node: ToldMapping, for run: Mapping) -> Bool {
        guard node.mapping.agrees(with: run) else { return false }
        if node.isStale {
            return configuration.mode == .optimistic && node.isInside(run.addresses)
        }
        // What the guest didn't invalidate is as it was.
        let first = max(node.first, pass.lowerBound)
        let last = min(node.last, pass.upperBound)
        return first >= run.addresses.lowerBound && last <= run.addresses.upperBound
    }

    // MARK: - Ended mappings

    /// Ends a mapping, and those behind it that are wanted, by one request.
    private mutating func endRow(
        _ number: UInt32, budget: inout Int, while isWanted: (borrowing Self, ToldMapping) -> Bool
    ) -> MirrorChange {
        let (first, last) = (table[number].first, table[number].last)
        remove(number, .flushed)
        let end = removeRow(behind: last, .flushed, budget: &budget, while: isWanted)
        statistics.unmaps += 1
        return .unmap(first...end)
    }

    /// Removes the mappings behind `last` as long as they are wanted and one request may unmap them
    /// with what ends there.
    ///
    /// - Parameter reason: of stale ones.
    /// - Returns: where the last of them ends.
    mutating func removeRow(
        behind last: UInt64, _ reason: Eviction.Reason, budget: inout Int,
        while isWanted: (borrowing Self, ToldMapping) -> Bool
    ) -> UInt64 {
        var last = last
        while budget > 0 {
            let number = table.first(endingFrom: last &+ 1)
            let node = table[number]
            guard number != 0, isWanted(self, node), Self.canJoin(last, node.first) else { break }
            last = node.last
            remove(number, reason)
            budget -= 1
        }
        return last
    }

    /// Ends a live mapping that isn't right any more; what of it the guest didn't invalidate is told
    /// again next.
    private mutating func endWhole(_ number: UInt32) -> MirrorChange {
        let node = table[number]
        if node.first < pass.lowerBound {
            head = node.mapping.part(node.first...min(node.last, pass.lowerBound &- 1))
        }
        if node.last > pass.upperBound {
            tail = node.mapping.part(max(node.first, pass.upperBound &+ 1)...node.last)
        }
        if head != nil || tail != nil {
            statistics.splits += 1
        } else {
            ended = node.mapping
        }
        remove(number, .flushed)
        statistics.unmaps += 1
        return .unmap(node.first...node.last)
    }

    private mutating func noteSplit(_ run: Mapping) {
        guard let ended else { return }
        if run.addresses.overlaps(ended.addresses) {
            guard ended.agrees(with: run) else { return }
            statistics.splits += 1
        } else if ended.addresses.lowerBound > run.addresses.upperBound {
            return
        }
        self.ended = nil
    }

    /// - Parameter reason: of a stale one.
    mutating func remove(_ number: UInt32, _ reason: Eviction.Reason) {
        let node = table[number]
        if node.isStale {
            leave(number, reason)
        } else {
            statistics.live -= 1
            statistics.liveBytes -= node.size
        }
        table.remove(number)
    }

    // MARK: - New mappings

    /// Maps the first naturally aligned piece of a mapping, which nothing overlaps.
    ///
    /// - Parameters:
    ///   - last: where the piece has to end.
    ///   - goOn: stores what is left of the mapping.
    private mutating func fill(
        _ mapping: Mapping, upTo last: UInt64, _ goOn: (inout MappingMirror, Mapping?) -> Void
    ) -> MirrorChange? {
        let first = mapping.addresses.lowerBound
        let size = Self.pieceSize(from: first, to: last)
        let isFull = table.count >= configuration.mappingLimit
        let pinned = statistics.liveBytes &+ statistics.staleBytes &+ size
        let isTooMuch = configuration.byteLimit != 0 && pinned > configuration.byteLimit
        if (isFull || isTooMuch) && stale.count > 0 {
            makeRoom()
            return nil
        }
        var piece = mapping
        piece.addresses = first...first &+ (size &- 1)
        goOn(&self, mapping.rest(after: piece.addresses.upperBound))
        guard !isFull else {
            refuse(piece.addresses)
            return nil
        }
        table.insert(piece)
        statistics.live += 1
        statistics.liveBytes += size
        statistics.maps += 1
        return .map(piece)
    }

    /// The largest power of two that fits and that `first` is a multiple of.
    private static func pieceSize(from first: UInt64, to last: UInt64) -> UInt64 {
        let count = last &- first &+ 1
        let longest: UInt64 = 1 &<< UInt64(63 &- count.leadingZeroBitCount)
        let aligned = first & (0 &- first)
        return aligned == 0 ? longest : min(longest, aligned)
    }

    private mutating func refuse(_ addresses: ClosedRange<UInt64>) {
        statistics.refused += 1
        guard let missing else {
            self.missing = addresses
            return
        }
        let first = min(missing.lowerBound, addresses.lowerBound)
        self.missing = first...max(missing.upperBound, addresses.upperBound)
    }
}
