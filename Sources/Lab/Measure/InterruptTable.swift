/// What /proc/interrupts says: how often each handler ran, per CPU.
struct InterruptTable: Equatable {
    struct Row: Equatable {
        /// "24" for an irq, "LOC" and the like for what has no irq number.
        let label: String
        /// Handler runs, by CPU.
        let counts: [Int]
        /// Chip and handlers, as the kernel prints them.
        let description: String
    }

    let rows: [Row]

    /// - Parameter text: the file, its heading included.
    init(_ text: String) {
        let lines = text.split(whereSeparator: \.isNewline)
        let cpus = lines.first?.split(separator: " ").count ?? 0
        rows = lines.dropFirst().compactMap { line in
            let words = line.split(separator: " ")
            guard let label = words.first, label.hasSuffix(":") else { return nil }
            let counts = words.dropFirst().prefix(cpus).map { Int($0) }
            // ERR and MIS have a single count.
            let numbers = counts.prefix { $0 != nil }.compactMap { $0 }
            return Row(
                label: String(label.dropLast()), counts: numbers,
                description: words.dropFirst(1 + numbers.count).joined(separator: " "))
        }
    }

    /// A command for the rows of /proc/interrupts whose description contains `name`. Not for all of
    /// them: serial lines are slow, the guest's most of all.
    static func command(describedBy name: String) -> String {
        "grep -e CPU0 -e \(name) /proc/interrupts"
    }

    /// A command for the numbers of the irqs whose description contains `name`, a line each.
    static func numbersCommand(describedBy name: String) -> String {
        "sed -n 's/^ *\\([0-9]*\\):.*\(name).*/\\1/p' /proc/interrupts"
    }

    /// Rows whose description contains `text`.
    func rows(describedBy text: String) -> [Row] {
        rows.filter { $0.description.contains(text) }
    }

    /// Handler runs of all rows whose description contains `text`, on all CPUs.
    func total(describedBy text: String) -> Int {
        rows(describedBy: text).reduce(0) { $0 + $1.counts.reduce(0, +) }
    }
}
