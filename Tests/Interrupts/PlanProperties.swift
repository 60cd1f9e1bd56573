import Interrupts
import Testing

/// How many random cases.
let randomCases = 1_000_000

@Suite struct PlanProperties {
    /// Every plan is safe; planning again changes nothing; when one route changes, no other direct
    /// one does, and what was injected can only get better.
    @Test func random() {
        var direct = 0
        var remapped = 0
        for seed in 0..<UInt64(randomCases / 2) {
            var generator = PlanGenerator(seed: seed)
            let vcpus = generator.vcpus()
            var routes = generator.routes()
            let host = generator.host()
            let options = generator.options()
            var checker = PlanChecker(vcpus: vcpus, routes: routes, host: host, options: options)
            let plan = VectorPlan(vcpus: vcpus, routes: routes, host: host, options: options)
            if let fault = checker.fault(in: plan) {
                Issue.record("seed \(seed): \(fault)")
                return
            }
            for route in plan.routes where route.placement != .injected {
                direct += 1
                if case .remapped = route.placement { remapped += 1 }
            }
            let again = VectorPlan(
                vcpus: vcpus, routes: routes, host: host, options: options, previous: plan)
            guard again == plan else {
                Issue.record("seed \(seed): planning again changes the plan")
                return
            }
            guard !routes.isEmpty else { continue }

            let changed = generator.random.below(routes.count)
            routes[changed] = generator.route(UInt32(changed))
            let next = VectorPlan(
                vcpus: vcpus, routes: routes, host: host, options: options, previous: plan)
            checker = PlanChecker(vcpus: vcpus, routes: routes, host: host, options: options)
            if let fault = checker.fault(in: next) {
                Issue.record("seed \(seed): after a change of route \(changed): \(fault)")
                return
            }
            for index in routes.indices where index != changed {
                let old = plan.routes[index].placement
                if old != .injected && old != next.routes[index].placement {
                    Issue.record("seed \(seed): a change of route \(changed) moved \(index)")
                    return
                }
            }
        }
        print("plans: \(randomCases / 2) inputs, three plans each; \(direct) direct, \(remapped) of them remapped")
        #expect(direct > randomCases / 10 && remapped > randomCases / 100)
    }

    /// A route that could have its own vector has it, whoever else is there.
    @Test func identityFirst() {
        for seed in 0..<UInt64(randomCases / 10) {
            var generator = PlanGenerator(seed: seed)
            let vcpus = generator.vcpus()
            let routes = generator.routes()
            let host = generator.host()
            let plan = VectorPlan(vcpus: vcpus, routes: routes, host: host)
            for index in routes.indices {
                guard let vcpu = plan.routes[index].vcpu, plan.cpus[vcpu].cpu != nil else { continue }
                if case .identity = plan.routes[index].placement { continue }
                let vector = routes[index].guestVector
                let others = plan.routes.indices.contains {
                    $0 != index && plan.routes[$0].vcpu == vcpu
                        && plan.routes[$0].placement == .identity(hostVector: vector)
                }
                let blocked = host.interrupts.contains {
                    $0.cpu == vcpus[vcpu].home && !$0.movable && $0.vector <= vector
                }
                let able = routes[index].movable && vector >= 32 && host.placeable.contains(vector)
                    && routes[index].address.isValid && !routes[index].data[.levelTriggered]
                    && routes[index].data[.deliveryMode] == .fixed
                let gates = vcpus.filter { $0.table == vcpus[vcpu].table }.map(\.gateCount).min()!
                if able && !others && !blocked && Int(vector) < gates {
                    Issue.record("seed \(seed): route \(index) could have its own vector")
                    return
                }
            }
        }
    }
}
