import ArgumentParser

/// Switches ELI under load.
struct ToggleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "toggle", abstract: "Switch ELI over and over while a device interrupts.")

    @Option(help: "The host: intel, amd or all.")
    var host = HostChoice.all

    @Option(help: "How often to switch in the Intel host.")
    var intel = 1000

    @Option(help: "How often to switch in the AMD host.")
    var amd = 10_000

    func validate() throws {
        // The last one switches it on.
        guard [intel, amd].allSatisfy({ $0 > 0 && $0 % 2 == 0 }) else {
            throw ValidationError("switch an even number of times")
        }
    }

    func run() async throws {
        let lab = try Workshop()
        try await lab.archive.installBuildPackages()
        let bench = try await Bench(lab, hosts: host)
        let runs = try await inParallel(
            atOnce: 1, bench.toggles { $0 is IntelHost ? intel : amd }
        ).flatMap { $0 }
        let path = lab.paths.lab + "/toggle.json"
        try RunReport.add(runs, to: path)
        print("\n\(ToggleTable.text(runs))\n\n\(path)")
    }
}
