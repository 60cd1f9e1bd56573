import Foundation
import Tables

/// The comparison as a text table, the talk's rows for each work.
enum ComparisonTable {
    private static let headings = [
        "work", "method", "of bare metal", "adjusted", "per second", "latency us", "CPU", "exits/s",
        "exits/operation",
    ] + Report.Exits.columns.map(\.title)

    static func text(_ runs: [ComparisonRun]) -> String {
        let rows = ComparisonWork.allCases.flatMap { work in
            ComparisonMethod.allCases.compactMap { method in
                runs.first { $0.work == work.rawValue && $0.method == method.rawValue }
            }
        }
        return TextTable.text(names: 2, [headings] + rows.map { cells($0, runs) })
    }

    private static func cells(_ run: ComparisonRun, _ runs: [ComparisonRun]) -> [String] {
        func number(_ value: Double?, _ format: String) -> String {
            value.map { String(format: format, $0) } ?? "-"
        }
        let exits = Report.Exits.columns.map { column in
            run.exits.map { String(column.count($0)) } ?? "-"
        }
        return [
            run.work, run.method, number(run.share(among: runs), "%.0f %%"),
            number(run.adjustedShare(among: runs), "%.0f %%"),
            number(run.operations_per_second, "%.0f"), number(run.latency_us, "%.0f"),
            number(run.cpu_percent, "%.0f %%"), number(run.exits_per_second, "%.0f"),
            number(run.exits_per_operation, "%.2f"),
        ] + exits
    }
}
