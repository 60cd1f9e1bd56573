/// Switches of ELI in a guest whose device interrupts: a run in `.lab/toggle.json`.
struct ToggleRun: ReportedRun {
    var host: String
    var emulated: Bool
    var kernel: String
    var qemu: String
    var scenario = "toggle"
    var device: String
    var vcpus: Int
    /// How often ELI was switched, on or off.
    var toggles: Int
    /// What a switch took, from eli-set to its reply.
    var toggle_us_median: Double
    var toggle_us_worst: Double
    var raised: Int
    var guest_handled: Int
    /// Those that came while ELI was off, nearly all.
    var host_handled: Int
    var lost: Int
    var seconds: Double
    /// KVM's statistics of ELI, as they have grown.
    var statistics: [String: Int]

    var identity: String { [host, device, String(vcpus)].joined(separator: "/") }
}
