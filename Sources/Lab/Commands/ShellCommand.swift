import ArgumentParser

/// For work on the lab itself: runs commands in an emulated host.
struct ShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", abstract: "Boot an emulated host, run commands there, stop it.")

    @Option(help: "The host: intel or amd.")
    var host = HostChoice.amd

    @Argument(help: "Commands for the host's shell, in this order.")
    var commands: [String]

    func run() async throws {
        let lab = try Workshop()
        let bench = try await Bench(lab, hosts: host)
        let commands = commands
        try await bench.boot { session in
            for command in commands {
                let answer = try await session.attempt(command, timeout: .seconds(300))
                print("# \(command)\n\(answer.output)\n(exit status \(answer.status))")
            }
        }
    }
}
