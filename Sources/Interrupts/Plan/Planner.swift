/// Makes a plan: first what a previous plan had, then identities, then remapped gates.
struct Planner {
    let vcpus: [VirtualCPU]
    let routes: [Route]
    let host: HostFacts
    let options: PlanOptions

    var cpus: [PlannedCPU] = []
    var tables: [PlannedTable] = []
    /// Where each route goes.
    let destinations: [Destination]
    /// Per route, nil until it is decided.
    var placements: [Placement?]

    init(vcpus: [VirtualCPU], routes: [Route], host: HostFacts, options: PlanOptions) {
        self.vcpus = vcpus
        self.routes = routes
        self.host = host
        self.options = options
        destinations = routes.map { Destination($0.address, vcpus: vcpus) }
        placements = [Placement?](repeating: nil, count: routes.count)
        let housekeeping = host.housekeepingCPU
        for index in vcpus.indices {
            cpus.append(examine(index, housekeeping: housekeeping))
        }
    }

    /// Keeps those placements of `previous` that are still right for their route and possible.
    mutating func keep(_ previous: VectorPlan) {
        for index in routes.indices {
            guard case .one(let vcpu) = destinations[index], refusal(vcpu, index) == nil,
                let old = decision(for: index, in: previous), old.vcpu == vcpu,
                old.guestVector == routes[index].guestVector
            else { continue }
            let layout = previous.table(vcpus[vcpu].table)?.layout
            switch old.placement {
            case .identity:
                guard identityRefusal(vcpu, index) == nil else { continue }
                placeIdentity(vcpu, index, like: layout)
            case .remapped(let vector):
                guard remapRefusal(vcpu, index, to: vector) == nil else { continue }
                placeRemapped(vcpu, index, to: vector, like: layout)
            case .injected:
                continue
            }
        }
    }

    /// Decides on all routes that aren't yet: identities first, so that no gate is replaced that
    /// another route needs as it is.
    mutating func place() {
        for index in routes.indices where placements[index] == nil {
            guard case .one(let vcpu) = destinations[index], refusal(vcpu, index) == nil,
                identityRefusal(vcpu, index) == nil
            else { continue }
            placeIdentity(vcpu, index)
        }
        for index in routes.indices where placements[index] == nil {
            guard case .one(let vcpu) = destinations[index], refusal(vcpu, index) == nil,
                case .vector(let vector) = findHostVector(vcpu, index)
            else { continue }
            placeRemapped(vcpu, index, to: vector)
        }
    }

    /// What was decided on a route, with reasons that hold in the finished plan: what was given
    /// out since can only have added to them.
    func decision(_ index: Int) -> RouteDecision {
        let placement = placements[index] ?? .injected
        var notIdentity: Refusal?
        var notDirect: Refusal?
        var target: Int?
        switch destinations[index] {
        case .none:
            notDirect = routeRefusal(index) ?? Refusal(.noDestination)
            notIdentity = notDirect
        case .several:
            notDirect = routeRefusal(index) ?? Refusal(.severalDestinations)
            notIdentity = notDirect
        case .one(let vcpu):
            target = vcpu
            if case .identity = placement { break }
            notIdentity = refusal(vcpu, index) ?? identityRefusal(vcpu, index) ?? Refusal(.kept)
            if placement == .injected {
                notDirect = refusal(vcpu, index) ?? findHostVector(vcpu, index).refusal
            }
        }
        return RouteDecision(
            device: routes[index].device, index: routes[index].index,
            guestVector: routes[index].guestVector, vcpu: target, placement: placement,
            notIdentity: notIdentity, notDirect: notDirect)
    }

    /// Notes that a route is direct.
    mutating func decide(_ index: Int, _ vcpu: Int, _ placement: Placement, _ hostVector: UInt8) {
        let vector = routes[index].guestVector
        cpus[vcpu].owned.insert(hostVector)
        cpus[vcpu].lowestGuestVector = min(cpus[vcpu].lowestGuestVector ?? vector, vector)
        placements[index] = placement
    }

    /// What `previous` said about a route. Mostly in the same place.
    private func decision(for index: Int, in previous: VectorPlan) -> RouteDecision? {
        let route = routes[index]
        if index < previous.routes.count {
            let same = previous.routes[index]
            if same.device == route.device && same.index == route.index { return same }
        }
        for old in previous.routes where old.device == route.device && old.index == route.index {
            return old
        }
        return nil
    }

    /// Why a route can't be direct whatever vector it gets, nil if it can.
    private func refusal(_ vcpu: Int, _ index: Int) -> Refusal? {
        if let refusal = routeRefusal(index) ?? cpus[vcpu].refusal { return refusal }
        guard Int(routes[index].guestVector) < tables[cpus[vcpu].table].gateCount else {
            return Refusal(.beyondGuestTable)
        }
        return nil
    }

    /// Why a route can't be direct whatever the vCPU, nil if it can.
    private func routeRefusal(_ index: Int) -> Refusal? {
        let route = routes[index]
        guard route.address.isValid else { return Refusal(.remappableFormat) }
        let mode = route.data[.deliveryMode]
        guard mode == .fixed || mode == .lowestPriority else { return Refusal(.deliveryMode) }
        guard !route.data[.levelTriggered] else { return Refusal(.levelTriggered) }
        guard route.guestVector >= 32 else { return Refusal(.exceptionVector) }
        guard route.movable else { return Refusal(.immovableDevice) }
        return nil
    }
}
