/// Runs jobs, a few at a time, and returns their results in the order of the jobs. The first that
/// fails ends the others.
@discardableResult
func inParallel<Result: Sendable>(
    atOnce limit: Int, _ jobs: [@Sendable () async throws -> Result]
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var results: [Result?] = Array(repeating: nil, count: jobs.count)
        var waiting = Array(jobs.enumerated())[...]
        while waiting.count > jobs.count - limit, let (index, job) = waiting.popFirst() {
            group.addTask { (index, try await job()) }
        }
        while let (index, result) = try await group.next() {
            results[index] = result
            if let (next, job) = waiting.popFirst() {
                group.addTask { (next, try await job()) }
            }
        }
        return results.compactMap { $0 }
    }
}
