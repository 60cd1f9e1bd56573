/// A command of the host's shell, and what happened meanwhile.
struct CountedWork: Sendable {
    let output: String
    let exits: ExitCounters
    /// KVM's statistics of all vCPUs, as they have grown.
    let statistics: [String: Int]

    /// Runs a command, and reads the counters right before and behind, in one go of the host's
    /// shell: a serial line is slow, and whatever goes over the guest's takes exits.
    ///
    /// - Parameter read: the command that prints KVM's statistics of the guest.
    init(
        _ command: String, on host: HostSession,
        statistics read: String = GuestSession.statisticsCommand(), timeout: Duration
    ) async throws {
        output = try await host.run(
            "counters read >/tmp/exits.0; \(read) >/tmp/statistics.0; \(command); status=$?; "
                + "\(read) >/tmp/statistics.1; counters read >/tmp/exits.1; (exit $status)",
            timeout: timeout + .seconds(60))
        func readings<Reading>(
            _ name: String, _ parse: (String) throws -> Reading
        ) async throws -> (before: Reading, after: Reading) {
            (
                try parse(await host.run("cat /tmp/\(name).0")),
                try parse(await host.run("cat /tmp/\(name).1"))
            )
        }
        let exits = try await readings("exits") { ExitCounters($0) }
        let counts = try await readings("statistics") { try GuestSession.statistics($0) }
        self.exits = exits.after - exits.before
        statistics = counts.after.growth(since: counts.before)
    }

    /// The exits as reports tell them apart.
    func exitsByReason(_ reasons: ExitReasons) -> Report.Exits {
        let counted = exits, quantum = statistics["eli_quantum_exits"] ?? 0
        func count(_ reason: Int?) -> Int { reason.flatMap { counted.exits[$0] } ?? 0 }
        var exits = Report.Exits(
            total: counted.total, external_interrupt: count(reasons.externalInterrupt),
            eoi: counted.msrWrites[ExitReasons.eoiMSR] ?? 0,
            interrupt_window: count(reasons.interruptWindow),
            timer: (counted.msrWrites[ExitReasons.tscDeadlineMSR] ?? 0)
                + max(0, count(reasons.preemptionTimer) - quantum),
            quantum: quantum, ipi: counted.msrWrites[ExitReasons.icrMSR] ?? 0,
            hlt: count(reasons.hlt), io: count(reasons.io), other: 0)
        // The counters are read one after the other, so a few can be missing from the total.
        exits.other = max(
            0,
            exits.total - exits.external_interrupt - exits.eoi - exits.interrupt_window
                - exits.timer - exits.quantum - exits.ipi - exits.hlt - exits.io)
        return exits
    }
}
