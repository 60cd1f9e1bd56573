import Foundation
import Tables

/// The comparison of vIOMMUs as text: a table of works, one of latencies, one of the idle sidecore,
/// and whether the order is the expected one.
enum IOMMUTable {
    static func text(_ runs: [IOMMURun]) -> String {
        [
            TextTable.text(
                names: 2,
                [workHeadings] + rows(runs) { $0.operations > 0 }.map { cells($0, runs) }),
            latencies(runs), services(runs), idle(runs), order(runs),
        ].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static func rows(
        _ runs: [IOMMURun], where isWanted: (IOMMURun) -> Bool
    ) -> [IOMMURun] {
        IOMMUWork.allCases.flatMap { work in
            IOMMUMethod.allCases.compactMap { method in
                runs.first { $0.work == work.rawValue && $0.method == method.rawValue }
            }
        }.filter(isWanted)
    }

    private static func number(_ value: Double?, _ format: String) -> String {
        value.map { String(format: format, $0) } ?? "-"
    }

    private static func count(_ value: Int?) -> String { value.map { String($0) } ?? "-" }

    // MARK: Works

    private static let workHeadings = [
        "work", "IOMMU", "per second", "of intel-iommu", "register exits/op", "all exits/op",
        "vCPU us/op", "sidecore us/op", "pinned MiB", "VFIO maps", "VFIO unmaps", "most stale",
        "longest stale ms",
    ]

    private static func cells(_ run: IOMMURun, _ runs: [IOMMURun]) -> [String] {
        [
            run.work, run.method, number(run.operations_per_second, "%.0f"),
            number(run.ratio(to: .intel, among: runs), "%.2f"),
            number(run.register_exits_per_operation, "%.3f"),
            number(run.exits_per_operation, "%.2f"), number(run.vcpu_us_per_operation, "%.1f"),
            number(run.sidecore_us_per_operation, "%.1f"),
            number(run.pinned_bytes.map { Double($0) / 1_048_576 }, "%.1f"), count(run.vfio_maps),
            count(run.vfio_unmaps), count(run.most_stale), number(run.longest_stale_ms, "%.1f"),
        ]
    }

    // MARK: Latencies

    private static func latencies(_ runs: [IOMMURun]) -> String {
        var rows: [[String]] = []
        for run in Self.rows(runs, where: { $0.map_latency != nil }) {
            for (name, latency) in [("map", run.map_latency), ("unmap", run.unmap_latency)] {
                guard let latency else { continue }
                let times = [
                    latency.minimum_us, latency.median_us, latency.p99_us, latency.maximum_us,
                ]
                rows.append([run.work, run.method, name] + times.map { number($0, "%.1f") })
            }
        }
        return rows.isEmpty ? "" : TextTable.text(
            names: 3,
            [["work", "IOMMU", "the guest's call", "min us", "median us", "p99 us", "max us"]] + rows)
    }

    /// How long the sidecore's services took, in percent of them.
    private static func services(_ runs: [IOMMURun]) -> String {
        let rows = rows(runs) { $0.service_latencies?.contains { $0 > 0 } ?? false }
        guard let buckets = rows.map({ $0.service_latencies?.count ?? 0 }).max(), buckets > 1 else {
            return ""
        }
        let used = (0..<buckets).filter { bucket in
            rows.contains { ($0.service_latencies ?? [])[bucket] > 0 }
        }
        let headings = used.map { $0 + 1 < buckets ? "< \(1 << $0) us" : ">= \(1 << ($0 - 1)) us" }
        return TextTable.text(
            names: 2,
            [["work", "found to completed"] + headings] + rows.map { run in
                let counts = run.service_latencies ?? []
                let all = Double(max(1, counts.reduce(0, +)))
                return [run.work, run.method]
                    + used.map { String(format: "%.1f %%", Double(counts[$0]) / all * 100) }
            })
    }

    private static func idle(_ runs: [IOMMURun]) -> String {
        let rows = rows(runs) { $0.sidecore_cpu_percent != nil }
        return rows.isEmpty ? "" : TextTable.text(
            names: 2,
            [["work", "IOMMU", "sidecore's CPU", "polls/s", "sleeps/s"]] + rows.map {
                [
                    $0.work, $0.method, number($0.sidecore_cpu_percent, "%.1f %%"),
                    number($0.polls_per_second, "%.0f"), number($0.sleeps_per_second, "%.0f"),
                ]
            })
    }

    // MARK: The order

    /// Whether each way of ELI's is as fast as is said of it, for each work that maps: by all that
    /// was done, and by the median of the guest's calls. An emulated host has more CPUs than the
    /// machine, so now and then a call takes as long as another CPU's turn: the rate has that, the
    /// median hasn't.
    private static func order(_ runs: [IOMMURun]) -> String {
        IOMMUWork.allCases.flatMap { work in
            [
                order(runs, work, "by rate") { $0.operations_per_second },
                order(runs, work, "by median calls") { run in
                    guard let map = run.map_latency, let unmap = run.unmap_latency else { return nil }
                    return 1e6 / (map.median_us + unmap.median_us)
                },
            ].compactMap(\.self)
        }.joined(separator: "\n")
    }

    private static func order(
        _ runs: [IOMMURun], _ work: IOMMUWork, _ what: String, _ rate: (IOMMURun) -> Double?
    ) -> String? {
        let expected: [IOMMUMethod] = [.optimistic, .deferred, .strict, .intel]
        let rates = expected.compactMap { method in
            runs.first { $0.work == work.rawValue && $0.method == method.rawValue }.flatMap(rate)
        }
        guard rates.count == expected.count else { return nil }
        let holds = rates[0] >= rates[1] && rates[1] >= rates[2] && rates[2] > rates[3]
        let ratios = rates.map { number($0 / rates[3], "%.2f") }.joined(separator: " : ")
        return "\(work.rawValue), \(what): optimistic >= deferred >= strict > intel-iommu "
            + "\(holds ? "holds" : "does not hold") (\(ratios))"
    }
}
