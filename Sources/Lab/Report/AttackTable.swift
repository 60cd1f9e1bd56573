import Tables

/// Runs of `attack` as a text table.
enum AttackTable {
    private static let columns: [(title: String, cell: @Sendable (AttackRun) -> String)] = [
        ("host", { $0.host }),
        ("attack", { $0.attack }),
        ("without", { $0.without ?? "" }),
        ("outcome", { $0.outcome }),
        ("attacker", { $0.attacker_runs ? "runs" : "gone" }),
        ("timers", { String($0.host_timers) }),
        ("IPIs", { String($0.host_ipis) }),
        ("interrupts", { String($0.host_interrupts) }),
        ("stolen", { String($0.stolen) }),
        ("in service", { $0.in_service.map { String($0) } ?? "" }),
        ("answer us", { String($0.answer_us) }),
        ("late us", { String($0.late_us) }),
        ("victim", { String($0.victim_raised) }),
        ("lost", { String($0.victim_lost) }),
        ("direct entries", { String($0.statistics["eli_direct_entries"] ?? 0) }),
        ("bounces", { String($0.bounces) }),
        ("quantum", { String($0.statistics["eli_quantum_exits"] ?? 0) }),
        ("recovered", { String($0.statistics["eli_recovered"] ?? 0) }),
    ]

    static func text(_ runs: [AttackRun]) -> String {
        TextTable.text(
            names: 5, [columns.map(\.title)] + runs.map { run in columns.map { $0.cell(run) } })
    }
}

extension AttackRun {
    /// Host interrupts that met the limit of the attacker's IDTR.
    fileprivate var bounces: Int {
        ["np", "gp", "other"].reduce(0) { $0 + (statistics["eli_bounces_\($1)"] ?? 0) }
    }
}
