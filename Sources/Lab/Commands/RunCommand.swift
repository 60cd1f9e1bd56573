import ArgumentParser
import Foundation

/// Measures and reports.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Measure what a device's interrupts cost.")

    @Option(help: "The host: intel, amd, all, or here for this machine's own KVM.")
    var host = HostChoice.all

    @Option(help: "Interrupts to raise in each run.")
    var count = 10_000

    @Option(help: "Only guests whose interrupts are placed like this: identity or remapped.")
    var placement: String?

    func run() async throws {
        let lab = try Workshop()
        try await lab.archive.installBuildPackages()
        let bench = try await Bench(lab, hosts: host)
        var runs: [Report.Run] = []
        for measurement in try await bench.measurements(
            count: count, pulses: count, checks: false,
            setups: { placement == nil || $0.placement == placement }
        ) {
            runs += try await measurement.run()
        }
        let path = lab.paths.lab + "/report.json"
        var report = Report.load(path)
        report.merge(runs)
        try report.save(path)
        try ReportChart.svg(report.runs).write(
            toFile: lab.paths.lab + "/report.svg", atomically: true, encoding: .utf8)
        print("\n" + ReportTable.text(report.runs))
        print("\n\(path)\n\(lab.paths.lab)/report.svg")
    }
}
