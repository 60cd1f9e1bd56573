import Foundation
import Tables

/// What ordinary exits cost, as a text table.
enum ExitCostTable {
    static func text(_ run: ExitCostRun) -> String {
        let heading = ["instructions per exit", "stock", "patched", "more", "difference", "spread"]
        let rows = run.exits.map { exit in
            [
                exit.exit, String(format: "%.2f", exit.stock), String(format: "%.2f", exit.patched),
                String(format: "%+.2f", exit.patched - exit.stock),
                String(format: "%+.3f %%", exit.difference), String(format: "%.3f %%", exit.spread),
            ]
        }
        return TextTable.text(names: 1, [heading] + rows)
    }
}
