import Foundation

/// A booted emulated host.
struct HostSession: Sendable {
    let host: any EmulatedHost
    let shell: SerialShell

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

    /// Runs a command that may fail.
    func attempt(_ command: String, timeout: Duration = .seconds(60)) async throws
        -> SerialShell.Answer {
        try await shell.run(command, timeout: timeout)
    }

    /// Puts a text between quotes for the host's shell.
    static func quote(_ text: String) -> String {
        "'" + text.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}
