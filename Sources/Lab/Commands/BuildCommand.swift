import ArgumentParser

/// Builds everything that the other commands run.
struct BuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Build QEMU, the kvm modules and the emulators.")

    @Option(help: "The host to build for: intel, amd or all.")
    var host = HostChoice.all

    func run() async throws {
        let lab = try Workshop()
        try await lab.archive.installBuildPackages()
        _ = try await Bench(lab, hosts: host)
    }
}
