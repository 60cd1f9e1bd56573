import ArgumentParser

/// Compares what ordinary exits cost with stock and with patched kvm modules.
struct ExitCostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exit-cost",
        abstract: "Compare the instructions of ordinary exits with stock and patched kvm modules.")

    @Option(help: "How often to measure each set of modules; they take turns.")
    var rounds = 3

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("at least one round") }
    }

    func run() async throws {
        let lab = try Workshop()
        try await lab.archive.installBuildPackages()
        let scenario = ExitCostScenario(bench: try await KVMBench(lab), rounds: rounds)
        let run = try await scenario.measure()
        let path = lab.paths.lab + "/exit-cost.json"
        try RunReport.add(run, to: path)
        print("\n" + ExitCostTable.text(run) + "\n\n\(path)")
        try ExitCostScenario.check(run)
    }
}
