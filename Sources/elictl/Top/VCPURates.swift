/// How fast a vCPU's counters grow.
struct VCPURates {
    /// Stands for the sum of two of KVM's.
    private static let metLimit = "met limit"

    private let growth: [String: Double]

    /// - Parameters:
    ///   - earlier: nil if there is no earlier look at it.
    ///   - seconds: between the two.
    init(_ now: [String: UInt64], since earlier: [String: UInt64]?, seconds: Double) {
        guard let earlier, seconds > 0 else {
            growth = [:]
            return
        }
        // One that shrinks belongs to another vCPU, plugged in place of the first.
        func rate(_ now: UInt64?, _ before: UInt64?) -> Double? {
            guard let now, let before, before <= now else { return nil }
            return Double(now - before) / seconds
        }
        var growth: [String: Double] = [:]
        for (name, count) in now { growth[name] = rate(count, earlier[name]) }
        growth[Self.metLimit] = rate(now.metLimit, earlier.metLimit)
        self.growth = growth
    }

    /// The sum over several vCPUs; what one of them doesn't count counts as 0.
    init(sumOf rates: [VCPURates]) {
        growth = rates.reduce(into: [:]) { $0.merge($1.growth, uniquingKeysWith: +) }
    }

    /// Per second; nil if KVM doesn't count it.
    subscript(name: String) -> Double? { growth[name] }

    /// Interrupts of the host's that met the limit of the IDTR, or an absent gate below it.
    var metLimit: Double? { growth[Self.metLimit] }

    /// How many of 100 VM entries were in direct mode; the others were in injection mode. An exit
    /// follows each entry, and KVM counts exits.
    var directShare: Double? {
        guard let direct = self["eli_direct_entries"], let exits = self["exits"], exits > 0 else {
            return nil
        }
        return min(100, direct / exits * 100)
    }
}
