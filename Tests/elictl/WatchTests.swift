import Foundation
import Testing

@testable import elictl

/// Events as lines.
struct WatchTests {
    private func line(_ json: String) throws -> String {
        let data = Data(json.utf8)
        let message = try JSONDecoder().decode(QMPMessage.self, from: data)
        return EventLine(try #require(QMPEvent(message, json: data))).text
    }

    private let stamp = #""timestamp": {"seconds": 1265044230, "microseconds": 450486}"#

    @Test func aChangeOfStateSaysWhatMadeIt() throws {
        #expect(
            try line(
                #"{"event": "ELI_STATE_CHANGED", "data": {"active": true, "reason": "command"}, \#(stamp)}"#)
                == "2010-02-01T17:10:30.450Z ELI_STATE_CHANGED on (command)")
    }

    @Test func aLossNamesTheInterruptAndTheRemedy() throws {
        let reason = #""reason": {"code": "c", "message": "irq 7 was moved", "remedy": "leave it"}"#
        #expect(
            try line(
                #"{"event": "ELI_DEGRADED", "data": {"cpu-index": 1, "device": "net0", "path": "/p", "#
                    + #""index": 3, \#(reason)}, \#(stamp)}"#)
                == "2010-02-01T17:10:30.450Z ELI_DEGRADED net0[3], vCPU 1: irq 7 was moved (leave it)")
    }

    @Test func otherEventsAreShownAsTheyCome() throws {
        #expect(
            try line(#"{"event": "SHUTDOWN", "data": {"reason": "guest\u001b-reset", "guest": true}}"#)
                == "at an unknown time SHUTDOWN {\"guest\":true,\"reason\":\"guest\\u001b-reset\"}")
    }

    @Test func anEventOfAnotherShapeIsShownAsItComes() throws {
        #expect(
            try line(#"{"event": "ELI_DEGRADED", "data": {"reason": 5}}"#)
                == "at an unknown time ELI_DEGRADED {\"reason\":5}")
    }

    @Test(arguments: [Int64.max, .min, 253_402_300_800, -1])
    func aTimeThatNoClockShowsIsUnknown(seconds: Int64) throws {
        #expect(
            try line(
                #"{"event": "STOP", "timestamp": {"seconds": \#(seconds), "microseconds": 0}}"#)
                == "at an unknown time STOP")
    }

    @Test func virshsLinesAreTheSameEvents() throws {
        let event = try #require(
            QMPEvent(
                virsh: "event ELI_STATE_CHANGED at 1265044230.450486 for domain 'my vm': "
                    + "{\"active\":false,\"reason\":\"start\"}\n"))
        #expect(
            EventLine(event).text == "2010-02-01T17:10:30.450Z ELI_STATE_CHANGED off (start)")
    }

    @Test(arguments: ["", "events received: 3", "event X at 5 for domain 'a': {}", "event X at 1.2"])
    func otherLinesOfVirshsAreNoEvents(line: String) {
        #expect(QMPEvent(virsh: line) == nil)
    }
}
