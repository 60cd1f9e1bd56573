import Tables

/// How Linux's own tests of KVM ended, as a text table.
enum SelftestTable {
    static func text(_ run: SelftestRun) -> String {
        let heading = ["test", "stock", "patched"]
        let rows = run.tests.map { test in
            [
                test.test, test.stock,
                test.patched + (test.stock == test.patched ? "" : "  <- DIFFERENT"),
            ]
        }
        var lines = [TextTable.text(names: 3, [heading] + rows)]
        for test in run.different {
            lines += ["", "\(test.test), patched, printed last:"]
            lines += test.output.split(separator: "\n").map { "  \($0)" }
        }
        return lines.joined(separator: "\n")
    }
}
