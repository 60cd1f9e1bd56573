import Tables

/// One of the tests that need emulated hosts. If it fails, the others go on.
struct TestJob: Sendable {
    let name: String
    /// Whether its host takes one thread of this machine, as Bochs does, so that another fits
    /// beside it. A host of TCG's has one for each CPU: with too little time for them its guest
    /// gets nowhere.
    let isSingleThreaded: Bool
    let run: @Sendable () async throws -> Void

    init(
        _ name: String, isSingleThreaded: Bool = false,
        _ run: @escaping @Sendable () async throws -> Void
    ) {
        (self.name, self.isSingleThreaded, self.run) = (name, isSingleThreaded, run)
    }

    /// Runs them all.
    ///
    /// - Throws: `LabError` that names those that failed.
    static func run(_ jobs: [TestJob]) async throws {
        var outcomes: [Outcome] = []
        for isSingleThreaded in [true, false] {
            let together = jobs.filter { $0.isSingleThreaded == isSingleThreaded }
            outcomes += try await inParallel(
                atOnce: isSingleThreaded ? 2 : 1, together.map { job in { await job.outcome() } })
        }
        // Why they failed comes last, as the end of a log is what people see first.
        print("\n\(Outcome.table(outcomes))")
        let failed = outcomes.filter { $0.failure != nil }
        for report in failed.compactMap(\.report) { print(report) }
        guard failed.isEmpty else {
            throw LabError("failed: \(failed.map(\.name).joined(separator: ", "))")
        }
    }

    /// Runs it, and says at once if it fails.
    func outcome() async -> Outcome {
        let start = ContinuousClock.now
        var failure: String?
        do {
            try await run()
        } catch {
            failure = "\(error)"
            Console.shared.say("failed: \(name): \(error)")
        }
        return Outcome(
            name: name, failure: failure, seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    /// How it ended.
    struct Outcome: Sendable {
        let name: String
        /// Why it failed; nil if it passed.
        let failure: String?
        let seconds: Double

        /// Its name, and below it why it failed; nil if it passed.
        var report: String? {
            failure.map { failure in
                "\n\(name):\n" + failure.split(separator: "\n").map { "  \($0)\n" }.joined()
            }
        }

        static func table(_ outcomes: [Outcome]) -> String {
            let rows = outcomes.map {
                [$0.name, $0.failure == nil ? "passed" : "failed", "\(Int($0.seconds))"]
            }
            return TextTable.text(names: 2, [["test", "result", "seconds"]] + rows)
        }
    }
}
