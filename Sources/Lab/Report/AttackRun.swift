/// An attack on the host by a guest in direct mode: a run in `.lab/attack.json`.
struct AttackRun: ReportedRun {
    var host: String
    var emulated: Bool
    var kernel: String
    var qemu: String
    var scenario = "attack"
    var attack: String
    /// The protection that was left out, to see the attack succeed; nil if none was.
    var without: String?
    /// "held", "stolen", "in service", or "host hangs".
    var outcome: String
    /// Whether the attacker was still running at the end; a triple fault ends it.
    var attacker_runs: Bool
    /// Of the CPU that the attacker had: timers that expired, IPIs answered, interrupts of the
    /// host's own device, all counted exactly.
    var host_timers: Int
    var host_ipis: Int
    var host_interrupts: Int
    /// How many of them were never handled.
    var stolen: Int
    /// The longest that this CPU didn't answer an IPI, and was late for its timer.
    var answer_us: Int
    var late_us: Int
    /// How many IPIs found a vector of the attacker's in service on this CPU, which keeps those of
    /// the same and of lower priority from everybody; nil in older reports.
    var in_service: Int?
    /// Interrupts of the guest beside it, raised and not handled.
    var victim_raised: Int
    var victim_lost: Int
    /// The attacker's quantum at the end, in microseconds; nil if it had none, and in older reports.
    var quantum_us: Int?
    /// KVM's statistics of ELI, of the attacker.
    var statistics: [String: Int]

    var identity: String { [host, attack, without ?? ""].joined(separator: "/") }
}
