import ArgumentParser

/// Switches ELI on in a VM.
struct OnCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "on",
        abstract: "Deliver a VM's interrupts without exits where that is possible.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await ELISetting(enabled: true).apply(to: connection.open())
    }
}
