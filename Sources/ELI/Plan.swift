import Interrupts

/// A plan; C knows it as `eli_plan *`. Immutable, so any thread may use it.
final class Plan: Handle, Sendable {
    let plan: VectorPlan

    init(_ plan: VectorPlan) { self.plan = plan }
}
