import Foundation
import Tables

/// A soak as a text table.
enum SoakTable {
    static func text(_ run: SoakRun) -> String {
        let rows = [("minutes", String(format: "%.1f", run.seconds / 60))]
            + run.actions.sorted { $0.key < $1.key }.map { ($0.key, String($0.value)) }
            + run.reads.sorted { $0.key < $1.key }.map { ("\($0.key): reads, all right", String($0.value)) }
            + [("QEMU killed, host whole", String(run.kills))]
            + run.statistics.filter { $0.value != 0 }.sorted { $0.key < $1.key }
                .map { ($0.key, String($0.value)) }
        return TextTable.text(names: 1, [["\(run.host), soak", "count"]] + rows.map { [$0.0, $0.1] })
    }
}
