import Interrupts

/// Says what is wrong with a plan, from its inputs alone: nothing here asks the planner.
struct PlanChecker {
    let vcpus: [VirtualCPU]
    let routes: [Route]
    let host: HostFacts
    let options: PlanOptions

    /// The first fault found, nil if there is none.
    func fault(in plan: VectorPlan) -> String? {
        guard plan.routes.count == routes.count, plan.cpus.count == vcpus.count else {
            return "counts differ"
        }
        for index in routes.indices {
            if let fault = fault(in: plan.routes[index], of: routes[index], plan) {
                return "route \(index): \(fault)"
            }
        }
        for index in vcpus.indices {
            if let fault = fault(in: plan.cpus[index], of: index, plan) {
                return "vcpu \(index): \(fault)"
            }
        }
        return plan.tables.lazy.compactMap { fault(in: $0, plan) }.first
    }

    private func fault(in decision: RouteDecision, of route: Route, _ plan: VectorPlan) -> String? {
        guard decision.device == route.device, decision.index == route.index,
            decision.guestVector == route.guestVector
        else { return "another route's" }
        guard let vector = decision.placement.hostVector else {
            return decision.notDirect == nil ? "injected without a reason" : nil
        }
        guard decision.notDirect == nil, let index = decision.vcpu else { return "reason or no vCPU" }
        let vcpu = vcpus[index]
        guard let home = vcpu.home, let cpu = host.cpus.first(where: { $0.number == home }),
            cpu.online, !cpu.housekeeping, home != 0
        else { return "direct on a CPU that may not be used" }
        guard vcpus[..<index].allSatisfy({ $0.home != home }) else { return "home shared" }
        guard host.interruptRemapping || options.withoutInterruptRemapping else {
            return "direct without interrupt remapping"
        }
        guard route.movable, !route.data[.levelTriggered], route.guestVector >= 32,
            route.data[.deliveryMode].rawValue < 2, Int(route.guestVector) < vcpu.gateCount
        else { return "a route that can't be direct" }
        guard host.placeable.contains(vector) else { return "vector can't be placed" }
        guard options.identity || vector != route.guestVector else { return "its own vector" }
        let layout = plan.table(vcpu.table)?.layout ?? ShadowLayout()
        guard layout.source(of: vector) == route.guestVector, !layout.absent.contains(vector) else {
            return "the gate at \(vector) is not the guest's for \(route.guestVector)"
        }
        guard plan.cpus[index].owned.contains(vector) else { return "not among the owned" }
        return nil
    }

    private func fault(in cpu: CPUDecision, of index: Int, _ plan: VectorPlan) -> String? {
        let vcpu = vcpus[index]
        let own = plan.routes.filter { $0.vcpu == index && $0.placement != .injected }
        let vectors = own.compactMap(\.placement.hostVector)
        guard cpu.owned.count == vectors.count, Set(vectors).count == vectors.count else {
            return "a host vector given twice, or to nobody"
        }
        guard let highest = vectors.max() else {
            return cpu.limit == nil && cpu.spacers.isEmpty ? nil : "a limit for nothing"
        }
        guard cpu.lowestGuestVector == own.map(\.guestVector).min() else { return "lowest vector" }
        guard Int(cpu.limit ?? 0) == min((Int(highest) + 1) * 16, vcpus.filter {
            $0.table == vcpu.table }.map(\.gateCount).min()! * 16) - 1
        else { return "limit \(cpu.limit ?? 0)" }
        let layout = plan.table(vcpu.table)?.layout ?? ShadowLayout()
        for interrupt in host.interrupts where interrupt.cpu == vcpu.home && interrupt.vector <= highest {
            if interrupt.movable {
                guard plan.moves.contains(where: { $0.interrupt == interrupt }) else {
                    return "irq \(interrupt.irq) stays below the limit"
                }
            } else if !options.shadowProtection || !layout.absent.contains(interrupt.vector) {
                return "irq \(interrupt.irq) can be stolen"
            } else if !cpu.exposures.contains(.stealable) {
                return "an exposure kept quiet"
            }
        }
        for vector in UInt8(0)...highest {
            let used = host.interrupts.contains {
                $0.cpu == vcpu.home && $0.vector == vector && !$0.movable
            }
            let spacer = host.placeable.contains(vector) && !vectors.contains(vector) && !used
            if cpu.spacers.contains(vector) != spacer { return "spacer \(vector)" }
        }
        return nil
    }

    private func fault(in table: TableDecision, _ plan: VectorPlan) -> String? {
        let layout = table.layout
        let users = vcpus.indices.filter { vcpus[$0].table == table.table }
        if !layout.isIdentity && users.contains(where: { !vcpus[$0].shadowAllowed }) {
            return "a shadow that may not be"
        }
        var remapped: [UInt8] = []
        for index in users {
            for route in plan.routes where route.vcpu == index {
                if case .remapped(let vector) = route.placement { remapped.append(vector) }
            }
        }
        if Set(remapped).count != remapped.count { return "a remapped vector twice" }
        let gates = users.map { vcpus[$0].gateCount }.min() ?? 0
        for slot in UInt8(0)...255 where layout.displaces(slot) {
            if Int(slot) >= gates { return "slot \(slot) lies beyond the guest's table" }
            if slot < 32 {
                if !ShadowLayout.aliasSlots.contains(slot) { return "exception \(slot) replaced" }
                continue
            }
            guard let alias = layout.injected(slot), layout.source(of: alias) == slot,
                !layout.absent.contains(alias)
            else { return "the guest's interrupt \(slot) can't be injected" }
            let foreign = layout.absent.contains(slot)
            if !foreign && !remapped.contains(slot) { return "slot \(slot) replaced for nobody" }
        }
        return nil
    }
}
