import ArgumentParser

/// For work on the lab itself: runs commands in an emulated host.
struct ShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", abstract: "Boot an emulated host, run commands there, stop it.")

    @Option(help: "The host: intel or amd.")
    var host = HostChoice.amd

    @Option(help: "Boot what exit-cost and selftests use: the Intel host with this many CPUs and no QEMU.")
    var kvmTests: Int?

    @Argument(help: "Commands for the host's shell, in this order.")
    var commands: [String]

    func run() async throws {
        let lab = try Workshop()
        let commands = commands
        let body: @Sendable (HostSession) async throws -> [Never] = { session in
            for command in commands {
                let answer = try await session.attempt(command, timeout: .seconds(300))
                print("# \(command)\n\(answer.output)\n(exit status \(answer.status))")
            }
            return []
        }
        if let cpus = kvmTests {
            _ = try await KVMBench(lab, selftests: true).boot(cpus: cpus, limit: .seconds(3600), body)
        } else {
            _ = try await Bench(lab, hosts: host).boot(purpose: "shell", body)
        }
    }
}
