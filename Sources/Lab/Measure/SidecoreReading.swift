/// What an emulator says of its eli-iommu and the sidecore.
struct SidecoreReading: Sendable {
    /// Accesses to registers that exited.
    let exits: Int
    /// Descriptors of the invalidation queue that were executed.
    let descriptors: Int
    /// How the guest accesses registers: "exits", "memory" or "leaving".
    let state: String

    init(_ monitor: EmulatorMonitor) async throws {
        let info = try await monitor.answer(to: "query-eli-iommu")
        guard let reads = info["register-reads"] as? Int,
            let writes = info["register-writes"] as? Int,
            let descriptors = info["descriptors"] as? Int,
            let sidecore = info["sidecore"] as? [String: Any],
            let state = sidecore["state"] as? String
        else { throw LabError("query-eli-iommu says: \(info)") }
        (exits, self.descriptors, self.state) = (reads + writes, descriptors, state)
    }
}
