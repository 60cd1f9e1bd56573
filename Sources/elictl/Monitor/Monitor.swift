import Foundation

/// A VM's QMP monitor.
protocol Monitor: AnyObject {
    /// For messages.
    var name: String { get }

    /// Has QEMU execute a command.
    ///
    /// - Returns: the whole answer.
    /// - Throws: `MonitorError`, with QEMU's own words if it refuses.
    func reply(to request: QMPRequest) async throws -> Data

    /// Tells each event as it comes, until the VM has ended.
    func events(_ body: @escaping @Sendable (QMPEvent) -> Void) async throws
}

extension Monitor {
    /// Has QEMU execute a command.
    ///
    /// - Returns: what its "return" holds.
    func query<Result: Decodable>(
        _ command: String, _ arguments: (any Encodable)? = nil, as type: Result.Type
    ) async throws -> Result {
        let reply = try await reply(to: QMPRequest(command, arguments))
        return try result(of: reply, to: command, as: type)
    }

    /// - Parameter reply: a whole answer to a command.
    /// - Returns: what its "return" holds.
    func result<Result: Decodable>(
        of reply: Data, to command: String, as type: Result.Type
    ) throws(MonitorError) -> Result {
        do {
            return try QAPI.result(of: reply, as: type)
        } catch {
            throw .malformed(name: name, detail: "not an answer to \(command)")
        }
    }

    /// Executes a command of ELI's.
    ///
    /// - Throws: `MonitorError.withoutELI` if the QEMU doesn't know it.
    func eliReply(to command: String, _ arguments: (any Encodable)? = nil) async throws -> Data {
        do {
            return try await reply(to: QMPRequest(command, arguments))
        } catch MonitorError.command(_, class: "CommandNotFound", _) {
            throw MonitorError.withoutELI(name: name)
        }
    }
}
