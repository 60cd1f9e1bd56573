import ArgumentParser

/// Shows what ELI does in a VM.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show a VM's mode, its vCPUs and where its interrupts are.")

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Print query-eli's answer with each vCPU's counters, as JSON.")
    var json = false

    func run() async throws {
        let monitor = try connection.open()
        let (info, reply) = try await monitor.eliInfo()
        var counters = VCPUCounters()
        if !info.vcpus.isEmpty { counters = try await VCPUCounters.read(from: monitor) }
        StandardStreams.print(
            json
                ? try StatusJSON.text(reply, counters)
                : StatusReport(info: info, counters: counters).text)
    }
}
