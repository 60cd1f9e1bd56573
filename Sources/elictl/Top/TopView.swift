import Tables

/// What `top` shows at a moment.
struct TopView {
    private struct Row {
        let name: String
        let cpu: String
        let mode: String
        let quantum: String
        let rates: VCPURates
    }
    private struct Column: Sendable {
        let title: String
        /// The highest is the first to go where room lacks.
        let rank: Int
        let cell: @Sendable (Row) -> String
    }

    private static let columns: [Column] = [
        Column(title: "vCPU", rank: 0) { $0.name },
        Column(title: "host CPU", rank: 6) { $0.cpu },
        Column(title: "mode", rank: 1) { $0.mode },
        Column(title: "exits/s", rank: 0) { $0.rates["exits"].rate },
        Column(title: "direct %", rank: 0) { $0.rates.directShare.rate },
        Column(title: "injected/s", rank: 3) { $0.rates["irq_injections"].rate },
        Column(title: "met limit/s", rank: 2) { $0.rates.metLimit.rate },
        Column(title: "adopted/s", rank: 8) { $0.rates["eli_adopted"].rate },
        Column(title: "quantum us", rank: 4) { $0.quantum },
        Column(title: "quantum ends/s", rank: 5) { $0.rates["eli_quantum_exits"].rate },
        Column(title: "host irqs/s", rank: 7) { $0.rates["irq_exits"].rate },
        Column(title: "halts/s", rank: 9) { $0.rates["halt_exits"].rate },
    ]

    let title: String
    let sample: TopSample
    /// nil for the first.
    let previous: TopSample?

    /// - Parameter width: columns of the terminal; nil if there is none.
    func lines(width: Int?) -> [String] {
        let text = ([heading, vcpuTable(width: width)]
            + (sample.info.routes.isEmpty && sample.info.pins.isEmpty
                ? [] : [RouteTable.text(sample.info)]))
            .joined(separator: "\n\n").printable
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { String(width.map($0.prefix) ?? $0) }
    }

    private var heading: String {
        let info = sample.info
        var text = "\(title): ELI \(info.active ? "on" : "off"), max latency \(info.maxLatencyUs) us"
        if !info.supported {
            text += ", can't run: " + info.reasons.map(\.message).joined(separator: "; ")
        }
        return text
    }

    private var rows: [Row] {
        let seconds = previous.map { (sample.time - $0.time) / .seconds(1) } ?? 0
        let known = Dictionary(sample.info.vcpus.map { ($0.cpuIndex, $0) }) { first, _ in first }
        var rows = sample.counters.byCPU.sorted { $0.key < $1.key }.map { index, counts in
            Row(
                name: "\(index)", cpu: (known[index]?.homeCpu).text,
                mode: known[index]?.mode ?? (sample.info.active ? "-" : "off"),
                quantum: (known[index]?.quantumUs).text,
                rates: VCPURates(
                    counts, since: previous?.counters.byCPU[index], seconds: seconds))
        }
        if rows.count > 1 {
            let sum = VCPURates(sumOf: rows.map(\.rates))
            rows.append(Row(name: "all", cpu: "", mode: "", quantum: "", rates: sum))
        }
        return rows
    }

    private func vcpuTable(width: Int?) -> String {
        let rows = rows
        var columns = Self.columns
        while true {
            let text = TextTable.text(
                names: 0,
                [columns.map(\.title)] + rows.map { row in columns.map { $0.cell(row) } })
            let needed = text.split(separator: "\n").map(\.count).max() ?? 0
            guard let width, needed > width,
                let last = columns.max(by: { $0.rank < $1.rank }), last.rank > 0
            else { return text }
            columns.removeAll { $0.rank == last.rank }
        }
    }
}

extension Double? {
    /// A cell of a table.
    fileprivate var rate: String { self?.rate ?? "-" }
}
