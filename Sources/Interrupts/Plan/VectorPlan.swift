/// Which vectors of which CPUs belong to the guest, and how each of its interrupts is delivered.
///
/// A function of its inputs alone. Given a previous plan, whatever of it still holds is kept: when
/// one route changes, no other that was direct does.
public struct VectorPlan: Equatable, Sendable {
    /// In the order of the routes given.
    public let routes: [RouteDecision]
    /// In the order of the vCPUs given.
    public let cpus: [CPUDecision]
    /// One for each table named by a vCPU, in the order of their first mention.
    public let tables: [TableDecision]
    /// To be done first, in this order.
    public let moves: [InterruptMove]

    /// Plans, keeping what still holds of `previous`.
    public init(
        vcpus: [VirtualCPU], routes: [Route], host: HostFacts, options: PlanOptions = PlanOptions(),
        previous: VectorPlan? = nil
    ) {
        var planner = Planner(vcpus: vcpus, routes: routes, host: host, options: options)
        if let previous { planner.keep(previous) }
        planner.place()
        self = planner.plan()
    }

    init(
        routes: [RouteDecision], cpus: [CPUDecision], tables: [TableDecision],
        moves: [InterruptMove]
    ) {
        self.routes = routes
        self.cpus = cpus
        self.tables = tables
        self.moves = moves
    }

    /// The plan for a table that a vCPU named.
    public func table(_ table: UInt32) -> TableDecision? {
        for decision in tables where decision.table == table { return decision }
        return nil
    }
}
