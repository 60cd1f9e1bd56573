/// A work by one method: a run in `.lab/compare.json`. The names are the file's.
struct ComparisonRun: ReportedRun {
    var host: String
    var emulated: Bool
    var kernel: String
    var qemu: String
    /// "storage" or "network".
    var scenario: String
    var device: String
    /// As `ComparisonMethod`.
    var method: String
    var eli: Bool
    var vcpus = 1
    /// As `ComparisonWork`.
    var work: String
    var operations: Int
    /// By the clock of the machine that worked.
    var seconds: Double
    var operations_per_second: Double
    var latency_us: Double?
    var cpu_percent: Double?
    var exits: Report.Exits?
    var exits_per_second: Double?
    var exits_per_operation: Double?

    var identity: String { [host, scenario, work, method].joined(separator: "/") }

    /// The rate as a share of bare metal's, in percent.
    func share(among runs: [ComparisonRun]) -> Double? {
        let whole = runs.first {
            $0.host == host && $0.work == work && $0.method == ComparisonMethod.bareMetal.rawValue
        }
        return whole.map { operations_per_second / $0.operations_per_second * 100 }
    }

    /// `share`, over the share of work without a device: what the device's part of the work keeps
    /// where a guest's CPU is slower than its host's, as in an emulator. nil for such work itself.
    func adjustedShare(among runs: [ComparisonRun]) -> Double? {
        guard let other = ComparisonWork(rawValue: work)?.withoutDevice,
            let reference = runs.first(where: {
                $0.host == host && $0.work == other.rawValue && $0.method == method
            })?.share(among: runs)
        else { return nil }
        return share(among: runs).map { $0 / reference * 100 }
    }
}
