/// What one run of `exit-cost` in a host printed: instructions per exit, for each kind.
struct ExitCostReading: Equatable {
    struct Cost: Equatable {
        let exit: String
        /// Of many short batches.
        let median: Double
    }

    /// In the program's order.
    let costs: [Cost]

    /// How many ticks of the TSC an instruction takes: the program measures by the TSC.
    private static let tick = "instruction"
    /// What a count of instructions may be off by.
    private static let tickTolerance = 0.001

    /// - Parameter text: lines like "cpuid 1072.02 1072.02": kind, least and median.
    /// - Throws: `LabError` if ticks aren't instructions, or a line isn't like that.
    init(_ text: String) throws {
        var costs = try text.split(whereSeparator: \.isNewline).map { line in
            let words = line.split(separator: " ")
            guard words.count == 3, let least = Double(words[1]), let median = Double(words[2]),
                least > 0, median >= least
            else { throw LabError("exit-cost printed: \(line)") }
            return Cost(exit: String(words[0]), median: median)
        }
        guard let index = costs.firstIndex(where: { $0.exit == Self.tick }) else {
            throw LabError("exit-cost did not measure what a tick is:\n\(text)")
        }
        let tick = costs.remove(at: index).median
        guard abs(tick - 1) <= Self.tickTolerance else {
            throw LabError("the emulator's TSC ticks \(tick) times per instruction, not once")
        }
        guard !costs.isEmpty else { throw LabError("exit-cost measured no exit:\n\(text)") }
        self.costs = costs
    }
}
