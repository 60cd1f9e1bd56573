import Foundation
import Tables

/// A report's runs as a text table.
enum ReportTable {
    private typealias Column = (title: String, cell: @Sendable (Report.Run) -> String)

    private static let columns = counts + exits + shares
    private static let counts: [Column] = [
        ("host", { $0.host }),
        ("device", { $0.device }),
        ("scenario", { $0.scenario }),
        ("eli", { $0.eli ? "on" : "off" }),
        ("vCPUs", { String($0.vcpus) }),
        ("raised", { String($0.raised) }),
        ("host runs", { String($0.host_handled) }),
        ("guest runs", { String($0.guest_handled) }),
        ("coalesced", { String($0.coalesced) }),
        ("lost", { String($0.lost) }),
        ("exits", { String($0.exits.total) }),
    ]
    private static let exits: [Column] = Report.Exits.columns.map { column in
        (column.title, { String(column.count($0.exits)) })
    }
    private static let shares: [Column] = [
        ("device exits/int.", { String(format: "%.3f", $0.device_exits_per_interrupt) }),
        ("all but timer/int.", {
            String(format: "%.3f", $0.exits_per_interrupt_without_timer)
        }),
    ]

    /// The table, and below it what needs saying about the runs.
    static func text(_ runs: [Report.Run]) -> String {
        let rows = [columns.map(\.title)] + runs.map { run in columns.map { $0.cell(run) } }
        var lines = [TextTable.text(names: 4, rows)]
        for run in runs {
            lines.append("")
            lines.append("\(run.host), \(run.device), eli=\(run.eli ? "on" : "off"):")
            lines.append("  query-eli: \(run.reasons.isEmpty ? "supported" : run.reasons.joined(separator: ", "))")
            if run.eli { lines.append("  placement: \(run.placement)") }
            lines += run.notes.map { "  \($0)" }
        }
        return lines.joined(separator: "\n")
    }
}
