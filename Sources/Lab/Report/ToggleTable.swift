import Foundation
import Tables

/// Runs of `toggle` as a text table.
enum ToggleTable {
    private static let columns: [(title: String, cell: @Sendable (ToggleRun) -> String)] = [
        ("host", { $0.host }),
        ("device", { $0.device }),
        ("vCPUs", { String($0.vcpus) }),
        ("toggles", { String($0.toggles) }),
        ("median us", { String(format: "%.0f", $0.toggle_us_median) }),
        ("worst us", { String(format: "%.0f", $0.toggle_us_worst) }),
        ("raised", { String($0.raised) }),
        ("guest handler", { String($0.guest_handled) }),
        ("host handler", { String($0.host_handled) }),
        ("lost", { String($0.lost) }),
        ("to direct mode", { String($0.statistics["eli_to_direct"] ?? 0) }),
    ]

    static func text(_ runs: [ToggleRun]) -> String {
        TextTable.text(
            names: 2, [columns.map(\.title)] + runs.map { run in columns.map { $0.cell(run) } })
    }
}
