import Foundation
import Synchronization
import Testing

@testable import elictl

/// Commands and events by way of a program that stands in for virsh.
struct VirshMonitorTests {
    private struct Sent: Decodable {
        let execute: String
    }

    /// - Parameter script: of sh, which finds virsh's arguments behind --quiet.
    private func withVirsh(
        _ script: String, uri: String? = nil, _ body: (VirshMonitor) async throws -> Void
    ) async throws {
        let path = NSTemporaryDirectory() + "elictl-\(UUID().uuidString)"
        try "#!/bin/sh\n\(script)\n".write(toFile: path, atomically: true, encoding: .utf8)
        defer {
            unlink(path)
            unlink(path + ".said")
        }
        chmod(path, 0o700)
        try await body(VirshMonitor(domain: "my vm", uri: uri, program: path))
    }

    @Test func theCommandGoesThroughVirshAsItIs() async throws {
        // The script answers with its own arguments.
        let script = #"""
            [ "$#" = 8 ] && [ "$1 $2 $3 $4 $5 $6 $7" = \
              "--connect qemu:///system --quiet qemu-monitor-command --domain my vm --cmd" ] || exit 3
            printf '{"return": %s, "id": "libvirt-5"}\n' "$8"
            """#
        try await withVirsh(script, uri: "qemu:///system") { monitor in
            let sent = try await monitor.query("query-eli", as: Sent.self)
            #expect(sent.execute == "query-eli")
        }
    }

    @Test func qemusErrorsComeThrough() async throws {
        let script = #"echo '{"error": {"class": "CommandNotFound", "desc": "no"}, "id": "x"}'"#
        try await withVirsh(script) { monitor in
            await #expect(throws: MonitorError.withoutELI(name: "domain my vm")) {
                try await monitor.eliReply(to: "query-eli")
            }
        }
    }

    @Test func virshsOwnErrorsAreItsWords() async throws {
        try await withVirsh("echo 'error: failed to get domain' >&2; exit 1") { monitor in
            await #expect(throws: MonitorError.virsh(message: "virsh: error: failed to get domain")) {
                try await monitor.reply(to: QMPRequest("query-eli"))
            }
        }
    }

    @Test func whatIsNoAnswerIsMalformed() async throws {
        try await withVirsh("echo hello") { monitor in
            await #expect(
                throws: MonitorError.malformed(name: "domain my vm", detail: "hello\n")
            ) {
                try await monitor.reply(to: QMPRequest("query-eli"))
            }
        }
    }

    @Test func aMissingVirshIsSaid() async {
        let monitor = VirshMonitor(domain: "vm", uri: nil, program: "no-such-virsh")
        await #expect(throws: MonitorError.noVirsh) {
            try await monitor.reply(to: QMPRequest("query-eli"))
        }
    }

    @Test func eventsComeUntilTheDomainIsShutOff() async throws {
        // It listens on and on, as virsh does after the domain's end.
        let script = #"""
            case $2 in
            qemu-monitor-event)
                echo "event ELI_STATE_CHANGED at 1265044230.450486 for domain 'my vm': {\"active\":true}"
                : >"$0.said"
                exec sleep 1000 ;;
            domstate) [ -e "$0.said" ] && echo 'shut off' || echo running ;;
            esac
            """#
        try await withVirsh(script) { monitor in
            let names = Mutex<[String]>([])
            try await monitor.events { event in names.withLock { $0.append(event.name) } }
            #expect(names.withLock { $0 } == ["ELI_STATE_CHANGED"])
        }
    }
}
