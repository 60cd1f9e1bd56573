/// A guest's module that maps and unmaps memory for a device (Tests/Lab/modules/dma).
struct DMAModule: Sendable {
    /// What mapping and unmapping took.
    struct Report: Sendable {
        /// Pages mapped and unmapped.
        let operations: Int
        let seconds: Double
        let map, unmap: LatencyDistribution
    }

    private static let parameters = "/sys/module/eli_dma/parameters"
    static let limit = Duration.seconds(300)

    let guest: GuestSession

    /// Loads it, for the guest's nvme.
    init(in guest: GuestSession) async throws {
        self.guest = guest
        try await guest.run(
            "\(AssignedDevice.diskAppears); d=$(readlink -f /sys/block/nvme0n1/device/device); "
                + "modprobe eli_dma device=${d##*/}")
    }

    /// The guest's command that maps and unmaps `count` pages, `depth` at once.
    static func mapAndUnmap(_ count: Int, depth: Int) -> String {
        "echo \(count) \(depth) >\(parameters)/map_unmap"
    }

    /// What that took.
    func report() async throws -> Report {
        try Self.report(await guest.run("cat \(Self.parameters)/report"))
    }

    /// - Parameter text: "operations=N ns=T map=MIN/MEDIAN/P99/MAX unmap=...", times in ns.
    static func report(_ text: String) throws -> Report {
        guard
            let match = text.firstMatch(
                of: /operations=(\d+) ns=(\d+) map=([\d\/]+) unmap=([\d\/]+)/),
            let operations = Int(match.1), let time = Double(match.2),
            let map = LatencyDistribution(nanoseconds: match.3),
            let unmap = LatencyDistribution(nanoseconds: match.4)
        else { throw LabError("eli_dma: \(text)") }
        return Report(operations: operations, seconds: time / 1e9, map: map, unmap: unmap)
    }

    /// The guest's command that maps `pages` pages and leaves them so, `batch` neighbours at a time.
    static func hold(_ pages: Int, batch: Int) -> String {
        "echo \(pages) \(batch) >\(parameters)/hold"
    }

    /// Unmaps them.
    func release() async throws {
        try await guest.run(Self.hold(0, batch: 0), timeout: Self.limit)
    }
}
