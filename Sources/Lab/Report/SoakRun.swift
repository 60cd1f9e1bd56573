/// A soak that found nothing wrong: a run in `.lab/soak.json`.
struct SoakRun: ReportedRun {
    var host: String
    var emulated: Bool
    var scenario = "soak"
    var eli = true
    var vcpus: Int
    var seconds: Double
    /// How often each `Soak.Action` was done.
    var actions: [String: Int]
    var toggles: Int
    /// How often the whole disk and the file were read, with the right checksum.
    var reads: [String: Int]
    /// KVM's statistics of ELI, as they have grown.
    var statistics: [String: Int]
    /// How often QEMU was killed in direct mode, and all was well.
    var kills = 0

    var identity: String { host }
}
