import Foundation

/// A run as a target's report has it.
protocol ReportedRun: Codable {
    /// Two runs of the same thing: the newer replaces the older in a merged report.
    var identity: String { get }
}

/// What a target leaves behind in `.lab/TARGET.json`; its runs are those of `Run`.
struct RunReport<Run: ReportedRun>: Codable {
    var runs: [Run]

    /// Adds a run to the file's, in place of an earlier one of the same thing.
    static func add(_ run: Run, to path: String) throws {
        let data = FileManager.default.contents(atPath: path) ?? Data()
        let old = (try? JSONDecoder().decode(Self.self, from: data))?.runs ?? []
        let runs = old.filter { $0.identity != run.identity } + [run]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(Self(runs: runs.sorted { $0.identity < $1.identity }))
            .write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
