import Foundation
import Synchronization
import Testing

@testable import elictl

/// What a monitor may say, good and bad.
struct QMPClientTests {
    private typealias Step = FakeMonitor.Step

    /// Connects after the greeting and the capabilities.
    private func client(
        _ steps: [FakeMonitor.Step], timeout: Double = 30
    ) throws -> (QMPClient, FakeMonitor) {
        let server = try FakeMonitor(FakeMonitor.start + steps)
        return (try QMPClient(connecting: server.path, timeout: timeout), server)
    }

    private func failure(_ steps: [FakeMonitor.Step], timeout: Double = 30) throws -> MonitorError? {
        let server = try FakeMonitor(steps)
        return #expect(throws: MonitorError.self) {
            let client = try QMPClient(connecting: server.path, timeout: timeout)
            _ = try client.reply(to: QMPRequest("query-eli"))
        }
    }

    @Test func aCommandIsOneLineWithAnIDOfItsOwn() throws {
        var (client, server): (QMPClient?, FakeMonitor) = try client([
            .receive, .send(#"{"return": {}, "id": 2}"#),
        ])
        _ = try client?.reply(
            to: QMPRequest("eli-set", ELISetting(enabled: true, maxLatencyUs: 500)))
        #expect(client?.version == "10.0.13 (x)")
        client = nil
        #expect(
            server.received == [
                "{\"execute\":\"qmp_capabilities\",\"id\":1}\r",
                "{\"arguments\":{\"enabled\":true,\"max-latency-us\":500},"
                    + "\"execute\":\"eli-set\",\"id\":2}\r",
            ])
    }

    @Test func whatIsLeftOutIsNotSent() throws {
        #expect(
            try QMPRequest("eli-set", ELISetting(maxLatencyUs: 50)).line()
                == #"{"arguments":{"max-latency-us":50},"execute":"eli-set"}"#)
    }

    @Test func messagesMayComeInPiecesAndOverSeveralLines() async throws {
        let pieces = FakeMonitor.greeting.map { Step.send(String($0)) }
        let server = try FakeMonitor(
            pieces + [
                .receive, .send("{\n    \"return\": {\n    },\n"), .send("    \"id\": 1\n}\n"),
                .receive, .send(#"{"return": "a \"}{"#), .send(#"\\", "id": 2}"#),
            ])
        let client = try QMPClient(connecting: server.path, timeout: 30)
        #expect(try await client.query("query-x", as: String.self) == #"a "}{\"#)
    }

    @Test func eventsBeforeAnAnswerAreKeptAndThoseAfterItFollow() throws {
        let (client, _) = try client([
            .receive,
            .send(
                #"{"event": "STOP", "timestamp": {"seconds": 5, "microseconds": 250000}}"#
                    + #"{"event": "RESUME"}{"return": {}, "id": 2}{"event": "SHUTDOWN"}"#),
            .hangUp,
        ])
        _ = try client.reply(to: QMPRequest("query-eli"))
        let events = Mutex<[QMPEvent]>([])
        try client.events { event in events.withLock { $0.append(event) } }
        let seen = events.withLock { $0 }
        #expect(seen.map(\.name) == ["STOP", "RESUME", "SHUTDOWN"])
        #expect(seen.map(\.time) == [Date(timeIntervalSince1970: 5.25), nil, nil])
    }

    @Test func anErrorComesInQEMUsWords() throws {
        let words = "ELI can't run here: the accelerator is not KVM (use -accel kvm)"
        let failure = try failure(
            FakeMonitor.start + [
                .receive, .send(#"{"id": 2, "error": {"class": "GenericError", "desc": "\#(words)"}}"#),
            ])
        #expect(failure == .command("query-eli", class: "GenericError", description: words))
        #expect(failure?.description == words)
    }

    @Test func anErrorWithoutAnIDEndsTheCommand() throws {
        let failure = try failure(
            FakeMonitor.start + [
                .receive, .send(#"{"error": {"class": "GenericError", "desc": "no JSON"}}"#),
            ])
        #expect(failure == .command("query-eli", class: "GenericError", description: "no JSON"))
    }

    @Test func aQEMUWithoutELIIsToldApart() async throws {
        let (client, _) = try client([
            .receive, .send(#"{"id": 2, "error": {"class": "CommandNotFound", "desc": "no"}}"#),
        ])
        await #expect(throws: MonitorError.withoutELI(name: client.name)) {
            try await client.eliReply(to: "query-eli")
        }
    }

    @Test func anAnswerToAnotherCommandIsPassedOver() async throws {
        let (client, _) = try client([
            .receive, .send(#"{"return": "old", "id": 1}{"return": "other", "id": "a"}"#),
            .send(#"{"return": "none"}{"return": "mine", "id": 2}"#),
        ])
        #expect(try await client.query("query-x", as: String.self) == "mine")
    }

    @Test func anAnswerOfAnotherShapeIsAnError() async throws {
        let (client, _) = try client([.receive, .send(#"{"return": {"mode": 5}, "id": 2}"#)])
        await #expect(
            throws: MonitorError.malformed(name: client.name, detail: "not an answer to query-eli")
        ) {
            _ = try await client.query("query-eli", as: ELIInfo.self)
        }
    }

    @Test(arguments: ["", #"{"return": {"mode""#])
    func theEndOfTheVMMidwayIsSaid(part: String) throws {
        let failure = try failure(FakeMonitor.start + [.receive, .send(part), .hangUp])
        guard case .ended = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }

    @Test func anotherProtocolIsNamed() throws {
        let hmp = "QEMU 10.0.13 monitor - type 'help' for more information\r\n(qemu) "
        let failure = try failure([.send(hmp)])
        guard case .notQMP(_, let text) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(text == "QEMU 10.0.13 monitor - type 'help' for more information")
    }

    @Test(arguments: [
        #"{"return": {}}"#, #"{"event": "STOP"}"#, #"{"QMP": 5}"#, "{]", "{\"a\": [}}",
        String(repeating: "{\"a\":", count: 50_000) + "1" + String(repeating: "}", count: 50_000),
    ])
    func whatIsNoGreetingIsMalformed(text: String) throws {
        guard case .malformed = try failure([.send(text)]) else {
            Issue.record("\(text.prefix(20))")
            return
        }
    }

    @Test func noGreetingIsNotWaitedForForever() throws {
        guard case .silent = try failure([], timeout: 0.1) else {
            Issue.record("not silent")
            return
        }
    }

    @Test func noAnswerIsNotWaitedForForever() throws {
        guard case .timeout(_, "query-eli", _) = try failure(FakeMonitor.start, timeout: 1) else {
            Issue.record("no timeout")
            return
        }
    }

    @Test func aFloodOfEventsDoesNotHoldUpTheTimeout() throws {
        let flood = Step.flood(#"{"event": "STOP"}"#)
        guard case .timeout = try failure(FakeMonitor.start + [.receive, flood], timeout: 1) else {
            Issue.record("no timeout")
            return
        }
    }

    @Test func pathsThatAreNoSocketsAreToldApart() throws {
        let folder = NSTemporaryDirectory()
        let file = folder + "elictl-\(UUID().uuidString)"
        #expect(FileManager.default.createFile(atPath: file, contents: nil))
        let deaf = folder + "elictl-\(UUID().uuidString.prefix(13)).sock"
        let descriptor = try FakeMonitor.bound(to: deaf)
        defer {
            close(descriptor)
            unlink(deaf)
            unlink(file)
        }
        let long = "/" + String(repeating: "x", count: 200)
        let cases: [(String, MonitorError)] = [
            ("/nonexistent/socket", .noSocket(path: "/nonexistent/socket")),
            (file, .notASocket(path: file)), (deaf, .refused(path: deaf)),
            (long, .pathTooLong(path: long)),
        ]
        for (path, error) in cases {
            #expect(throws: error) { try QMPClient(connecting: path, timeout: 1) }
        }
    }
}
