import ArgumentParser
import Foundation

/// The talk's comparison: what a guest keeps of bare metal, by how it comes by its device.
struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare emulation, paravirtualization, assignment, ELI and bare metal.")

    @Option(help: "Operations of each work.")
    var count = 4000

    func run() async throws {
        let lab = try Workshop()
        try await lab.archive.installBuildPackages()
        try await lab.archive.install(Self.tools)
        let bench = try await Bench(lab, hosts: .amd, programs: Self.tools.map { "/usr/bin/\($0)" })
        let qemuVersion = try await bench.qemu.version()
        let count = count
        let runs = try await Self.serving(lab) { port in
            try await bench.boot(purpose: "compare") { session in
                try await session.loadKVM(parameters: session.host.kvmParameters)
                let comparison = Comparison(
                    host: session, kernel: bench.kernel, qemuVersion: qemuVersion, port: port,
                    count: count)
                return try await comparison.run(.nvme) + comparison.run(.igb)
            }
        }
        let path = lab.paths.lab + "/compare.json"
        try RunReport.add(runs, to: path)
        try ComparisonChart.svg(runs).write(
            toFile: lab.paths.lab + "/compare.svg", atomically: true, encoding: .utf8)
        print("\n" + ComparisonTable.text(runs) + "\n\n\(path)\n\(lab.paths.lab)/compare.svg")
    }

    /// Packages of Debian's, and the programs in them.
    static let tools = ["fio", "iperf3"]

    /// Runs an iperf3 server beside `body`, which gets its port on 10.0.2.2.
    static func serving<Result: Sendable>(
        _ lab: Workshop, _ body: (Int) async throws -> Result
    ) async throws -> Result {
        let port = 5201
        let server = Command("iperf3", ["-s", "-B", "127.0.0.1", "-p", String(port)])
        return try await server.running(output: lab.paths.log("iperf3")) { try await body(port) }
    }
}
