import Testing

@testable import Lab

struct ParallelTests {
    /// Counts what runs at the same time.
    private actor Gauge {
        private(set) var highest = 0
        private var running = 0

        func enter() {
            running += 1
            highest = max(highest, running)
        }

        func leave() { running -= 1 }
    }

    @Test(arguments: [0, 1, 2, 7])
    func resultsComeInTheOrderOfTheJobs(count: Int) async throws {
        let gauge = Gauge()
        let jobs = (0..<count).map { number in
            { @Sendable () async throws -> Int in
                await gauge.enter()
                for _ in 0..<(count - number) * 10 { await Task.yield() }
                await gauge.leave()
                return number
            }
        }
        #expect(try await inParallel(atOnce: 2, jobs) == Array(0..<count))
        #expect(await gauge.highest <= 2)
    }

    @Test func aFailureEndsTheOthers() async {
        let jobs: [@Sendable () async throws -> Int] = [
            { try await Task.sleep(for: .seconds(3600)); return 1 },
            { throw LabError("no") },
            { 2 },
        ]
        await #expect(throws: LabError.self) { try await inParallel(atOnce: 2, jobs) }
    }
}
