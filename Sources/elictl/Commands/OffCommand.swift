import ArgumentParser

/// Switches ELI off in a VM.
struct OffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "off", abstract: "Inject a VM's interrupts as without ELI.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await ELISetting(enabled: false).apply(to: connection.open())
    }
}
