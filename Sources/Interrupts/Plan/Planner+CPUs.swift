extension Planner {
    /// What is known about a vCPU before any vector is given out.
    mutating func examine(_ index: Int, housekeeping: UInt32?) -> PlannedCPU {
        let vcpu = vcpus[index]
        var cpu = PlannedCPU(
            refusal: cpuRefusal(index, housekeeping: housekeeping), table: noteTable(of: vcpu))
        guard let home = vcpu.home, cpu.refusal == nil else { return cpu }
        for interrupt in host.interrupts where interrupt.cpu == home && !interrupt.movable {
            cpu.immovable.insert(interrupt.vector)
            if interrupt.vector < cpu.lowestImmovable?.vector ?? .max || cpu.lowestImmovable == nil {
                cpu.lowestImmovable = interrupt
            }
        }
        return cpu
    }

    /// Index of a vCPU's table. Those who share it get the least that any of them has.
    private mutating func noteTable(of vcpu: VirtualCPU) -> Int {
        for index in tables.indices where tables[index].table == vcpu.table {
            tables[index].gateCount = min(tables[index].gateCount, vcpu.gateCount)
            if !vcpu.shadowAllowed { tables[index].shadowAllowed = false }
            return index
        }
        tables.append(
            PlannedTable(
                table: vcpu.table, gateCount: vcpu.gateCount, shadowAllowed: vcpu.shadowAllowed))
        return tables.count - 1
    }

    /// Why nothing can be direct on a vCPU's home CPU, nil if it can.
    private func cpuRefusal(_ index: Int, housekeeping: UInt32?) -> Refusal? {
        guard let home = vcpus[index].home else { return Refusal(.notPinned) }
        guard let cpu = host.cpu(home), cpu.online else { return Refusal(.homeOffline) }
        guard !cpu.isBoot else { return Refusal(.homeIsBootCPU) }
        guard !cpu.housekeeping else { return Refusal(.homeIsHousekeeping) }
        guard housekeeping != nil else { return Refusal(.noHousekeepingCPU) }
        for other in 0..<index where vcpus[other].home == home { return Refusal(.homeShared) }
        guard host.interruptRemapping || options.withoutInterruptRemapping else {
            return Refusal(.noInterruptRemapping)
        }
        return nil
    }

    /// The finished plan.
    func plan() -> VectorPlan {
        var moves: [InterruptMove] = []
        var decisions: [CPUDecision] = []
        for index in cpus.indices {
            let decision = decision(cpus[index], home: vcpus[index].home)
            decisions.append(decision)
            guard let cpu = decision.cpu, let highest = decision.owned.highest,
                let housekeeping = host.housekeepingCPU
            else { continue }
            for interrupt in host.interrupts
            where interrupt.cpu == cpu && interrupt.movable && interrupt.vector <= highest {
                moves.append(InterruptMove(interrupt: interrupt, to: housekeeping))
            }
        }
        return VectorPlan(
            routes: routes.indices.map { decision($0) }, cpus: decisions,
            tables: tables.map { TableDecision(table: $0.table, layout: $0.layout) }, moves: moves)
    }

    private func decision(_ cpu: PlannedCPU, home: UInt32?) -> CPUDecision {
        guard cpu.refusal == nil, let home else {
            return CPUDecision(cpu: nil, refusal: cpu.refusal)
        }
        guard let highest = cpu.owned.highest else { return CPUDecision(cpu: home, refusal: nil) }
        let table = tables[cpu.table]
        var below = VectorSet(0...highest)
        var exposures: Exposures = [.latency]
        if !host.interruptRemapping { exposures.insert(.anyVector) }
        if !table.layout.isIdentity { exposures.insert(.replacedGates) }
        var stealable = below
        stealable.formIntersection(cpu.immovable)
        if !stealable.isEmpty { exposures.insert(.stealable) }
        below.formIntersection(host.placeable)
        below.subtract(cpu.owned)
        below.subtract(cpu.immovable)
        let guestLimit = UInt16(max(table.gateCount * GateDescriptor.size, 1) - 1)
        return CPUDecision(
            cpu: home, refusal: nil, owned: cpu.owned, spacers: below,
            limit: IDTR.directLimit(highest: highest, guestLimit: guestLimit),
            lowestGuestVector: cpu.lowestGuestVector, exposures: exposures)
    }
}
