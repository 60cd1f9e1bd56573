/// What query-eli-iommu says at one time.
struct IOMMUReading: Sendable {
    /// What its sidecore has done.
    struct Sidecore: Sendable {
        /// How the guest accesses registers: "exits", "memory" or "leaving".
        let state: String
        let polls, sleeps, services: Int
        /// CPU time that it has used.
        let seconds: Double
        /// Services by the time from finding the work to its completion: below 1024 ns, below
        /// 2048 ns and so on, and all others.
        let latencies: [Int]
    }

    /// Accesses to registers that exited.
    let exits: Int
    /// Descriptors of the invalidation queue that were executed.
    let descriptors: Int
    let sidecore: Sidecore?
    /// Counts of all devices' mirrors together.
    private let mirrors: [String: Int]
    private let longest: Int

    /// - Parameter info: what QMP returns.
    init(_ info: [String: Any]) throws {
        guard let reads = info["register-reads"] as? Int,
            let writes = info["register-writes"] as? Int,
            let descriptors = info["descriptors"] as? Int
        else { throw LabError("query-eli-iommu says: \(info)") }
        (exits, self.descriptors) = (reads + writes, descriptors)
        sidecore = (info["sidecore"] as? [String: Any]).flatMap { Sidecore($0) }
        var mirrors: [String: Int] = [:], longest = 0
        for device in info["devices"] as? [[String: Any]] ?? [] {
            let counts = (device["mirror"] as? [String: Any] ?? [:]).merging(device) { $1 }
            for (name, value) in counts.compactMapValues({ $0 as? Int }) {
                mirrors[name, default: 0] += value
            }
            longest = max(longest, counts["longest-stale-ns"] as? Int ?? 0)
        }
        (self.mirrors, self.longest) = (mirrors, longest)
    }

    /// A number of all devices together, as query-eli-iommu names it.
    func sum(_ name: String) -> Int { mirrors[name] ?? 0 }

    /// For how many milliseconds a mapping was stale at most.
    var longestStale: Double { Double(longest) / 1e6 }
}

extension IOMMUReading.Sidecore {
    fileprivate init?(_ info: [String: Any]) {
        guard let state = info["state"] as? String, let polls = info["polls"] as? Int,
            let sleeps = info["sleeps"] as? Int, let services = info["services"] as? Int,
            let time = info["cpu-time-ns"] as? Int, let latencies = info["latency"] as? [Int]
        else { return nil }
        self.init(
            state: state, polls: polls, sleeps: sleeps, services: services,
            seconds: Double(time) / 1e9, latencies: latencies)
    }
}

extension EmulatorMonitor {
    func readIOMMU() async throws -> IOMMUReading {
        try IOMMUReading(await answer(to: "query-eli-iommu"))
    }
}

extension GuestSession {
    func readIOMMU() async throws -> IOMMUReading {
        guard let info = try await qmp("query-eli-iommu") as? [String: Any] else {
            throw LabError("query-eli-iommu: no object")
        }
        return try IOMMUReading(info)
    }
}
