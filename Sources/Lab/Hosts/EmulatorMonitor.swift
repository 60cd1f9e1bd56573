import Foundation

/// The machine protocol (QMP) of an emulator on this machine, which labctl speaks here as it does in
/// a host.
struct EmulatorMonitor: Sendable {
    /// The socket's name in the emulator's folder.
    static let socket = "qmp"

    private let folder: String

    /// - Parameter folder: the emulator's; labctl is put there.
    init(folder: String, lab: Workshop) async throws {
        self.folder = folder
        try await HostImage.compile(
            "host/labctl", to: folder + "/labctl", root: lab.paths.root, log: lab.paths.log("labctl"))
    }

    /// What a command without arguments returns.
    func answer(to command: String) async throws -> [String: Any] {
        let result = try await ask(command, "{}")
        guard let object = result as? [String: Any] else { throw LabError("\(command): \(result)") }
        return object
    }

    /// What the human monitor tells about an emulated CPU.
    func answer(toHuman line: String, cpu: Int) async throws -> String {
        let result = try await ask(
            "human-monitor-command", GuestSession.arguments(ofHuman: line, cpu: cpu))
        return "\(result)".replacingOccurrences(of: "\r\n", with: "\n")
    }

    private func ask(_ command: String, _ arguments: String) async throws -> Any {
        let request = GuestSession.hostCommand(qmp: command, arguments, monitor: Self.socket)
        let line = try await Command(
            "sh", ["-c", request], in: folder, environment: ["PATH": folder + ":/usr/bin:/bin"]
        ).output()
        return try GuestSession.result(ofQMP: command, line)
    }
}
