extension Planner {
    /// Why a route can't have the host vector that is its guest vector, nil if it can.
    func identityRefusal(_ vcpu: Int, _ index: Int) -> Refusal? {
        let vector = routes[index].guestVector
        guard options.identity else { return Refusal(.identityOff) }
        guard host.placeable.contains(vector) else { return Refusal(.vectorReserved) }
        if let refusal = occupied(vcpu, vector) { return refusal }
        guard !tables[cpus[vcpu].table].layout.displaces(vector) else {
            return Refusal(.gateReplaced)
        }
        return withholdRefusal(vcpu, absentees(vcpu, below: vector))
    }

    /// Gives a route the host vector that is its guest vector.
    ///
    /// - Parameter old: the table's previous layout: its stand-ins are kept where they were.
    mutating func placeIdentity(_ vcpu: Int, _ index: Int, like old: ShadowLayout? = nil) {
        let vector = routes[index].guestVector
        let table = cpus[vcpu].table
        withhold(absentees(vcpu, below: vector), in: table, like: old)
        tables[table].identity.insert(vector)
        decide(index, vcpu, .identity(hostVector: vector), vector)
    }

    /// Why a route can't have a certain host vector with its own gate in that vector's slot, nil
    /// if it can.
    func remapRefusal(_ vcpu: Int, _ index: Int, to vector: UInt8) -> Refusal? {
        let table = tables[cpus[vcpu].table]
        guard table.shadowAllowed else { return Refusal(.shadowRefused) }
        guard host.placeable.contains(vector), vector != routes[index].guestVector else {
            return Refusal(.vectorReserved)
        }
        if let refusal = occupied(vcpu, vector) { return refusal }
        guard !table.identity.contains(vector), !table.layout.displaces(vector) else {
            return Refusal(.gateReplaced)
        }
        var displaced = absentees(vcpu, below: vector)
        if let refusal = withholdRefusal(vcpu, displaced) { return refusal }
        displaced.insert(vector)
        return table.displaceRefusal(displaced).map { Refusal($0) }
    }

    /// Gives a route a certain host vector, with its own gate in that vector's slot.
    ///
    /// - Parameter old: the table's previous layout: its stand-ins are kept where they were.
    mutating func placeRemapped(
        _ vcpu: Int, _ index: Int, to vector: UInt8, like old: ShadowLayout? = nil
    ) {
        let table = cpus[vcpu].table
        withhold(absentees(vcpu, below: vector), in: table, like: old)
        tables[table].layout.replace(vector, with: routes[index].guestVector)
        tables[table].addAlias(for: vector, like: old)
        decide(index, vcpu, .remapped(hostVector: vector), vector)
    }

    /// The host vector for a remapped route: the first free one of the class nearest to the
    /// guest vector's, so that priorities stay as the guest meant them.
    func findHostVector(_ vcpu: Int, _ index: Int) -> HostVectorSearch {
        guard tables[cpus[vcpu].table].shadowAllowed else {
            return .none(Refusal(.shadowRefused))
        }
        let own = Int(X2APIC.priorityClass(routes[index].guestVector))
        var refusal = Refusal(.noHostVector)
        for distance in 0..<16 {
            for wanted in [own - distance, own + distance] where (2...15).contains(wanted) {
                for vector in UInt8(wanted * 16)...UInt8(wanted * 16 + 15) {
                    guard let reason = remapRefusal(vcpu, index, to: vector) else {
                        return .vector(vector)
                    }
                    // One that names who is in the way, or what ran out, says more.
                    let telling = reason.interrupt != nil || reason.reason == .noAliasGate
                    if telling && refusal.reason == .noHostVector { refusal = reason }
                }
            }
        }
        return .none(refusal)
    }

    /// Whether a host vector of a vCPU's home CPU is someone else's.
    private func occupied(_ vcpu: Int, _ vector: UInt8) -> Refusal? {
        if cpus[vcpu].owned.contains(vector) { return Refusal(.vectorTaken) }
        guard cpus[vcpu].immovable.contains(vector) else { return nil }
        for interrupt in host.interrupts
        where interrupt.cpu == vcpus[vcpu].home && interrupt.vector == vector && !interrupt.movable {
            return Refusal(.vectorOccupied, interrupt: interrupt)
        }
        return Refusal(.vectorOccupied)
    }

    /// Host interrupts that would lie below the limit and whose gate isn't yet withheld.
    private func absentees(_ vcpu: Int, below vector: UInt8) -> VectorSet {
        var vectors = VectorSet(0...vector)
        vectors.formIntersection(cpus[vcpu].immovable)
        vectors.subtract(tables[cpus[vcpu].table].layout.absent)
        return vectors
    }

    /// Why host interrupts can't be left below the limit, nil if they can or there are none.
    private func withholdRefusal(_ vcpu: Int, _ vectors: VectorSet) -> Refusal? {
        guard let lowest = vectors.lowest else { return nil }
        let table = tables[cpus[vcpu].table]
        guard options.shadowProtection else {
            return Refusal(.immovableBelow, interrupt: cpus[vcpu].lowestImmovable)
        }
        var taken = vectors
        taken.formIntersection(table.identity)
        guard taken.isEmpty else { return Refusal(.gateReplaced) }
        taken = vectors
        taken.formIntersection(table.layout.replaced)
        guard taken.isEmpty, lowest >= 32 else {
            return Refusal(.immovableBelow, interrupt: cpus[vcpu].lowestImmovable)
        }
        return table.displaceRefusal(vectors).map { Refusal($0) }
    }

    /// Makes the gates of `vectors` not present, each with one that stands in for it.
    private mutating func withhold(
        _ vectors: VectorSet, in table: Int, like old: ShadowLayout?
    ) {
        var next = vectors.lowest
        while let vector = next {
            tables[table].layout.withhold(vector)
            tables[table].addAlias(for: vector, like: old)
            next = vectors.lowest(after: vector)
        }
    }
}
