/// One of the tests that need emulated hosts. If it fails, the others go on.
struct TestJob: Sendable {
    let name: String
    let run: @Sendable () async throws -> Void

    init(_ name: String, _ run: @escaping @Sendable () async throws -> Void) {
        (self.name, self.run) = (name, run)
    }

    /// Runs it, and says at once if it fails.
    func outcome() async -> Outcome {
        let start = ContinuousClock.now
        var failure: String?
        do {
            try await run()
        } catch {
            failure = "\(name): \(error)"
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

        static func table(_ outcomes: [Outcome]) -> String {
            let rows = outcomes.map {
                [$0.name, $0.failure == nil ? "passed" : "failed", "\(Int($0.seconds))"]
            }
            return TextTable.text(names: 2, [["test", "result", "seconds"]] + rows)
        }
    }
}
