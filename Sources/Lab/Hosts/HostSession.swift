import Foundation

/// A booted emulated host.
struct HostSession: Sendable {
    let host: any LabHost
    let shell: SerialShell
    /// Folder of this run's files.
    let folder: String

    /// Runs a command in the host.
    ///
    /// - Returns: what it printed.
    /// - Throws: `LabError` with what it printed if its exit status isn't 0.
    @discardableResult
    func run(_ command: String, timeout: Duration = .seconds(60)) async throws -> String {
        let answer = try await shell.run(command, timeout: timeout)
        guard answer.status == 0 else {
            throw LabError(
                "\(host.name): exit status \(answer.status) from: \(command)\n\(answer.output)")
        }
        return answer.output
    }

    /// Loads kvm and its vendor module.
    ///
    /// - Parameter parameters: of kvm.
    func loadKVM(parameters: String) async throws {
        try await run(
            "modprobe irqbypass && modprobe kvm \(parameters) && modprobe \(host.vendorModule)",
            timeout: .seconds(240))
    }

    /// The irqs of /proc/interrupts whose description contains `name`.
    func interrupts(describedBy name: String) async throws -> InterruptTable {
        InterruptTable(try await run(InterruptTable.command(describedBy: name)))
    }

    /// How often their handlers ran.
    func handled(by name: String) async throws -> Int {
        try await interrupts(describedBy: name).total(describedBy: name)
    }

    /// Runs a command that may fail.
    func attempt(_ command: String, timeout: Duration = .seconds(60)) async throws
        -> SerialShell.Answer {
        try await shell.run(command, timeout: timeout)
    }

    /// Puts a text between quotes for the host's shell.
    static func quote(_ text: String) -> String {
        "'" + text.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }

    /// How many completion interrupts the emulated nvme has raised, by its own trace; 0 on hosts
    /// that have none.
    func raisedByNVMe() -> Int {
        let log = FileManager.default.contents(atPath: "\(folder)/\(AMDHost.deviceLog)") ?? Data()
        // Vector 0 is the admin queue's.
        return String(decoding: log, as: UTF8.self).split(separator: "\n").count {
            $0.contains("raising MSI-X IRQ vector ") && !$0.hasSuffix(" 0")
        }
    }
}
