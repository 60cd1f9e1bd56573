import Testing

/// Explores every state of the delivery protocol.
@Suite struct DeliveryModelTests {
    /// No reachable state breaks an invariant, and from each all that is pending can be handled, with
    /// the hold and without.
    @Test(arguments: Hold.allCases)
    func theProtocolHolds(hold: Hold) {
        let outcome = Explorer(machine: Machine(rules: Rules(hold: hold))).explore()
        print(
            "delivery model, hold: \(hold), \(outcome.states) states, "
                + "\(outcome.transitions) transitions, depth \(outcome.depth)")
        #expect(outcome.violation == nil, "\(Self.describe(outcome))")
        #expect(outcome.stuck == 0, "stuck for ever after \(outcome.trace)")
        #expect(outcome.states > 2_000_000)
    }

    /// Each rule is needed: without it the model finds a way to break an invariant.
    @Test(arguments: Rule.allCases)
    func eachRuleIsNeeded(rule: Rule) {
        let outcome = Explorer(machine: Machine(rules: Rules(hold: .sharedClass, without: rule))).explore()
        print("without \(rule), \(outcome.states) states: \(Self.describe(outcome))")
        #expect(outcome.violation?.invariant == Self.expected[rule])
    }

    /// The invariant that protects against a rule's absence.
    static let expected: [Rule: Invariant] = [
        .limitCut: .nothingStolen,
        .dispatchBounced: .nothingStolen,
        .dispatchInterrupted: .noLoss,
        .handleInterrupted: .nothingStolen,
        .scanAfterTripleFault: .cleanHost,
        .drainAtExit: .cleanHost,
        .preserveIRR: .noLoss,
        .noDirectInService: .emptyVirtualISR,
        .noDirectPending: .noLoss,
        .taskPriority: .unaware,
        .trapTPR: .bounded,
        .homeOnly: .nothingStolen,
        .trapLIDT: .nothingStolen,
        .planAfterLIDT: .unaware,
        .trapSIDT: .unaware,
        .recogniseExternal: .noLoss,
        .replaySoftware: .unaware,
        .quantum: .bounded,
        .absoluteDeadline: .bounded,
        .releaseHoldAtLeave: .offThePath,
        .releaseHoldForInjection: .bounded,
        .noHoldAfterQuantum: .bounded,
        .holdKeepsDeadline: .bounded,
        .quiescePlan: .cleanHost,
        .noForeignBelowLimit: .nothingStolen,
        .exitOnExternal: .nothingStolen,
        .trapEOI: .emptyVirtualISR,
        .exitOnNMI: .nothingStolen,
        .retryWithheldGate: .unaware,
        .settleOutside: .unaware,
        .enabledOnly: .offThePath,
    ]

    static func describe(_ outcome: Explorer.Outcome) -> String {
        guard let violation = outcome.violation else { return "no violation" }
        let trace = outcome.trace.map { "\($0)" }.joined(separator: ", ")
        return "\(violation.invariant.rawValue): \(violation.what), by: \(trace)"
    }
}
