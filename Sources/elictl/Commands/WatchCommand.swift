import ArgumentParser

/// Prints a VM's events.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Print a VM's events as they come, until it ends.",
        discussion: """
            Shown are ELI's events, and those of the VM's life. A monitor serves one client at a \
            time: while this runs, other commands need another -qmp socket.
            """)

    /// Beside ELI's own, whose names begin with "ELI_".
    static let lifeEvents: Set = ["SHUTDOWN", "RESET", "STOP", "RESUME", "GUEST_PANICKED"]

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Print QEMU's own lines of JSON.")
    var json = false

    @Flag(help: "Print all events.")
    var all = false

    func run() async throws {
        let monitor = try connection.open()
        _ = try await monitor.eliReply(to: "query-eli")
        let (json, all) = (json, all)
        try await monitor.events { event in
            guard all || event.name.hasPrefix("ELI_") || Self.lifeEvents.contains(event.name)
            else { return }
            StandardStreams.print(json ? event.line : EventLine(event).text)
        }
        let end = "the VM of \(monitor.name) has ended"
        if json {
            StandardStreams.complain(end)
        } else {
            StandardStreams.print(end)
        }
    }
}
