import ArgumentParser
import CELI

/// Changes how ELI works in a VM.
struct SetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change how ELI works in a VM.")

    private static let bounds = Int(KVM_ELI_MIN_QUANTUM_US)...Int(KVM_ELI_MAX_QUANTUM_US)

    @OptionGroup var connection: ConnectionOptions

    @Option(
        help: ArgumentHelp(
            "Bound on the latency of the host's own interrupts, in microseconds "
                + "(\(KVM_ELI_MIN_QUANTUM_US) to \(KVM_ELI_MAX_QUANTUM_US)).",
            valueName: "us"))
    var maxLatencyUs: Int

    func validate() throws {
        guard Self.bounds.contains(maxLatencyUs) else {
            throw ValidationError(
                "--max-latency-us must be from \(Self.bounds.lowerBound) to "
                    + "\(Self.bounds.upperBound)")
        }
    }

    func run() async throws {
        try await ELISetting(maxLatencyUs: maxLatencyUs).apply(to: connection.open())
    }
}
