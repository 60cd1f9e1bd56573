import Foundation

/// A run as a target's report has it.
protocol ReportedRun: Codable {
    /// Two runs of the same thing: the newer replaces the older in a merged report.
    var identity: String { get }
}

/// A file of runs.
protocol MergedReport: Codable {
    associatedtype Run: ReportedRun
    var runs: [Run] { get set }

    init(runs: [Run])
}

extension MergedReport {
    /// - Returns: an empty report if there is no file, or one that can't be read.
    static func load(_ path: String) -> Self {
        guard let data = FileManager.default.contents(atPath: path),
            let report = try? JSONDecoder().decode(Self.self, from: data)
        else { return Self(runs: []) }
        return report
    }

    /// Adds runs; one that repeats an earlier run replaces it.
    mutating func merge(_ new: [Run]) {
        let identities = Set(new.map(\.identity))
        runs = runs.filter { !identities.contains($0.identity) } + new
        runs.sort { $0.identity < $1.identity }
    }

    func save(_ path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}

/// What a target leaves behind in `.lab/TARGET.json`; its runs are those of `Run`.
struct RunReport<Run: ReportedRun>: MergedReport {
    var runs: [Run]

    static func add(_ run: Run, to path: String) throws { try add([run], to: path) }

    /// Adds runs to the file's, in place of earlier ones of the same thing.
    static func add(_ new: [Run], to path: String) throws {
        var report = load(path)
        report.merge(new)
        try report.save(path)
    }
}
