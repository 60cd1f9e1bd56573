/// How long things took, in microseconds, as reports have it.
struct LatencyDistribution: Codable, Equatable, Sendable {
    var minimum_us: Double
    var median_us: Double
    /// 99 % took no longer.
    var p99_us: Double
    var maximum_us: Double

    /// - Parameter nanoseconds: these four, "MIN/MEDIAN/P99/MAX".
    init?(nanoseconds: some StringProtocol) {
        let values = nanoseconds.split(separator: "/").compactMap { Double($0) }
        guard values.count == 4 else { return nil }
        (minimum_us, median_us, p99_us, maximum_us) = (
            values[0] / 1000, values[1] / 1000, values[2] / 1000, values[3] / 1000
        )
    }
}
