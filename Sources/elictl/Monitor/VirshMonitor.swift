import Foundation
import Subprocess
import SystemPackage

/// The monitor of a VM that libvirt manages. libvirt is its only client, so virsh passes commands on.
final class VirshMonitor: Monitor {
    private struct Invocation: Sendable {
        let program: String
        let uri: String?
        let domain: String

        var executable: Executable {
            program.contains("/") ? .path(FilePath(program)) : .name(program)
        }

        func arguments(_ command: String, _ more: [String]) -> [String] {
            (uri.map { ["--connect", $0] } ?? []) + ["--quiet", command] + more
        }

        /// - Throws: `MonitorError`, with virsh's own words if it fails.
        func output(_ command: String, _ more: [String]) async throws -> String {
            do {
                let result = try await Subprocess.run(
                    executable, arguments: Arguments(arguments(command, more)),
                    output: .string(limit: JSONFramer.defaultLimit), error: .string(limit: 1 << 20))
                guard result.terminationStatus.isSuccess else {
                    throw MonitorError.virsh(message: VirshMonitor.words(result.standardError))
                }
                return result.standardOutput
            } catch let error as SubprocessError where error.code == .executableNotFound {
                throw MonitorError.noVirsh
            }
        }

        var isRunning: Bool {
            get async {
                let state = try? await output("domstate", ["--domain", domain])
                return state?.trimmingCharacters(in: .whitespacesAndNewlines) != "shut off"
                    && state != nil
            }
        }
    }

    /// How often to look whether the domain still runs: a QEMU that is killed says no word.
    private static let lookInterval = Duration.seconds(2)

    let name: String
    private let virsh: Invocation

    /// - Parameters:
    ///   - domain: its name, ID or UUID.
    ///   - uri: of the libvirt; nil for virsh's default.
    ///   - program: virsh's name or path.
    init(domain: String, uri: String?, program: String = "virsh") {
        name = "domain \(domain)"
        virsh = Invocation(program: program, uri: uri, domain: domain)
    }

    func reply(to request: QMPRequest) async throws -> Data {
        let text = try await virsh.output(
            "qemu-monitor-command", ["--domain", virsh.domain, "--cmd", request.line()])
        let json = Data(text.utf8)
        guard let head = try? JSONDecoder().decode(QMPMessage.self, from: json) else {
            throw MonitorError.malformed(name: name, detail: String(text.prefix(80)))
        }
        try head.requireResult(of: request.execute, from: name)
        return json
    }

    func events(_ body: @escaping @Sendable (QMPEvent) -> Void) async throws {
        let virsh = virsh
        let arguments = virsh.arguments("qemu-monitor-event", ["--domain", virsh.domain, "--loop"])
        // Into a pipe virsh writes by blocks.
        let command = Configuration(
            executable: .name("stdbuf"),
            arguments: Arguments(["--output=L", virsh.program] + arguments))
        let result = try await Subprocess.run(
            command, input: .none, output: .sequence, error: .string(limit: 1 << 20)
        ) { execution in
            // virsh would listen on after the domain's end. What it has said by then is still read.
            let watch = Task {
                repeat { try await Task.sleep(for: Self.lookInterval) } while await virsh.isRunning
                try execution.send(signal: .terminate)
            }
            defer { watch.cancel() }
            for try await line in execution.standardOutput.strings() {
                if let event = QMPEvent(virsh: line) { body(event) }
            }
        }
        switch result.terminationStatus {
        case .exited(0), .signaled(SIGTERM): return
        default: throw MonitorError.virsh(message: Self.words(result.standardError))
        }
    }

    private static func words(_ errors: String) -> String {
        let text = errors.trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? "virsh fails without a word" : "virsh: \(text)"
    }
}
