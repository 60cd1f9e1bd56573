/// What a VM does at a moment.
struct TopSample: Sendable {
    let time: ContinuousClock.Instant
    let info: ELIInfo
    let counters: VCPUCounters

    /// - Throws: `MonitorError.withoutELI` or `.notKVM` if there is nothing to show.
    static func read(from monitor: any Monitor) async throws -> TopSample {
        let info = try await monitor.eliInfo().info
        let counters = try await VCPUCounters.read(from: monitor)
        return TopSample(time: .now, info: info, counters: counters)
    }
}
