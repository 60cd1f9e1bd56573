/// What a measuring target leaves behind: `.lab/report.json` and its like.
///
/// The names are the file's; other tools read them.
struct Report: MergedReport {
    var runs: [Run] = []

    struct Run: ReportedRun {
        var host: String
        var emulated: Bool
        var kernel: String
        var qemu: String
        var scenario: String
        var device: String
        var method: String
        var eli: Bool
        var vcpus: Int
        var raised: Int
        var guest_handled: Int
        var host_handled: Int
        /// MSIs that found their vector still pending, by KVM's counts.
        var coalesced: Int
        var lost: Int
        var exits: Exits
        var device_exits_per_interrupt: Double
        /// All exits but those of the guest's own timer (`timer` and its EOIs), per interrupt.
        var exits_per_interrupt_without_timer: Double
        var placement: String
        var seconds: Double
        var operations: Int
        /// Of `exits`, those that the device's interrupts caused, by how that was told.
        var device_exits: DeviceExits
        /// All of `exits` by the vendor's number of the reason.
        var exit_reasons: [String: Int]
        /// KVM's statistics of ELI, as they have grown.
        var statistics: [String: Int]
        /// What query-eli answered in the same host.
        var reasons: [String]
        var notes: [String]

        var identity: String {
            ([host, scenario, device, method, String(eli), String(vcpus)]
                + (placement == "remapped" ? [placement] : [])).joined(separator: "/")
        }
    }

    struct Exits: Codable {
        var total: Int
        var external_interrupt: Int
        var eoi: Int
        var interrupt_window: Int
        /// The guest's own timer: TSC-deadline writes, and preemption-timer exits on its behalf.
        var timer: Int
        /// Ends of ELI's quantum.
        var quantum: Int
        /// Writes of the guest's interrupt command register.
        var ipi: Int
        var hlt: Int
        var io: Int
        var other: Int

        /// Those by reason, as tables head them.
        static let columns: [(title: String, count: @Sendable (Exits) -> Int)] = [
            ("ext. int.", { $0.external_interrupt }), ("EOI", { $0.eoi }),
            ("window", { $0.interrupt_window }), ("timer", { $0.timer }),
            ("quantum", { $0.quantum }), ("IPI", { $0.ipi }), ("HLT", { $0.hlt }),
            ("I/O", { $0.io }), ("other", { $0.other }),
        ]
    }

    struct DeviceExits: Codable {
        var external_interrupt: Int
        var eoi: Int
    }
}
