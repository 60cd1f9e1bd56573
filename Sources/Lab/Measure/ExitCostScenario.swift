/// Measures that our kvm modules make ordinary exits no dearer while eli=off.
struct ExitCostScenario: Sendable {
    let bench: KVMBench
    /// How often each set of modules is measured; they take turns.
    var rounds = 3
    /// Of each kind of exit, in each measurement.
    var batches = 31

    private static let limit = Duration.seconds(600)

    func measure() async throws -> ExitCostRun {
        let (rounds, batches, kernel) = (rounds, batches, bench.kernel.release)
        // One CPU: see IntelHost.cpus.
        return try await bench.boot(cpus: 1, limit: Self.limit) { host in
            func reading(_ modules: KVMModuleSet) async throws -> ExitCostReading {
                Console.shared.progress("\(host.host.name): exits with \(modules) kvm modules")
                try await host.load(modules)
                return try ExitCostReading(
                    await host.run("exit-cost \(batches)", timeout: .seconds(200)))
            }
            var readings: [(stock: ExitCostReading, patched: ExitCostReading)] = []
            for _ in 0..<rounds {
                readings.append((try await reading(.stock), try await reading(.patched)))
            }
            return ExitCostRun(
                host: host.host.name, emulated: host.host.isEmulated, kernel: kernel,
                exits: try ExitCostRun.exits(of: readings))
        }
    }

    /// - Throws: `LabError` that names the exits which cost too much.
    static func check(_ run: ExitCostRun) throws {
        let names = run.excessive.map(\.exit)
        guard names.isEmpty else {
            throw LabError(
                "dearer than with stock kvm modules by more than \(ExitCostRun.limit) %: "
                    + names.joined(separator: ", "))
        }
    }
}
