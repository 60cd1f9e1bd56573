/// What ordinary exits cost with Debian's kvm modules and with ours, eli=off: a run in
/// `.lab/exit-cost.json`.
struct ExitCostRun: ReportedRun {
    var host: String
    var emulated: Bool
    var kernel: String
    var scenario = "exit-cost"
    var eli = false
    var exits: [Exit]

    struct Exit: Codable, Equatable {
        var exit: String
        /// Instructions of host and guest per exit: the median of the rounds.
        var stock: Double
        var patched: Double
        /// What `patched` is above `stock`, in percent of that.
        var difference: Double
        /// The most that two rounds with the same modules differ by, in percent: how far
        /// `difference` can be trusted.
        var spread: Double
    }

    /// What `difference` may be, in percent.
    static let limit = 1.0

    var identity: String { host }

    /// - Parameter rounds: readings of both sets of modules, in the order of measuring.
    /// - Throws: `LabError` if they don't all tell of the same exits.
    static func exits(of rounds: [(stock: ExitCostReading, patched: ExitCostReading)]) throws
        -> [Exit] {
        guard let names = rounds.first?.stock.costs.map(\.exit),
            rounds.allSatisfy({ $0.stock.costs.map(\.exit) == names
                && $0.patched.costs.map(\.exit) == names })
        else { throw LabError("exit-cost did not measure the same exits each time") }
        return names.indices.map { index in
            let stock = rounds.map { $0.stock.costs[index].median }.sorted()
            let patched = rounds.map { $0.patched.costs[index].median }.sorted()
            let base = stock[stock.count / 2], ours = patched[patched.count / 2]
            return Exit(
                exit: names[index], stock: base, patched: ours,
                difference: (ours - base) / base * 100,
                spread: max(stock.last! - stock[0], patched.last! - patched[0]) / base * 100)
        }
    }

    /// Those that cost too much more with our modules.
    var excessive: [Exit] { exits.filter { $0.difference > Self.limit } }
}
