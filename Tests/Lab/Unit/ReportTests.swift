import Foundation
import Testing

@testable import Lab

struct ReportTests {
    private func run(host: String, device: String, raised: Int) -> Report.Run {
        Report.Run(
            host: host, emulated: true, kernel: "6.12", qemu: "10.0", scenario: "interrupts",
            device: device, method: "assignment", eli: false, vcpus: 1, raised: raised,
            guest_handled: raised, host_handled: raised, coalesced: 0, lost: 0,
            exits: Report.Exits(
                total: 2 * raised, external_interrupt: raised, eoi: raised, interrupt_window: 0,
                timer: 0, quantum: 0, ipi: 0, hlt: 0, io: 0, other: 0),
            device_exits_per_interrupt: 2, exits_per_interrupt_without_timer: 2, placement: "none",
            seconds: 1, operations: raised,
            device_exits: Report.DeviceExits(external_interrupt: raised, eoi: raised),
            exit_reasons: [:],
            statistics: [:], reasons: ["direct-not-built"], notes: [])
    }

    @Test func mergingKeepsOtherHostsAndReplacesRepeatedRuns() {
        var report = Report(runs: [
            run(host: "a", device: "nvme", raised: 1), run(host: "b", device: "pulse", raised: 2),
        ])
        report.merge([run(host: "a", device: "nvme", raised: 3)])
        #expect(report.runs.map(\.raised).sorted() == [2, 3])
    }

    @Test func aReportSurvivesItsFile() throws {
        let path = NSTemporaryDirectory() + "report-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let report = Report(runs: [run(host: "a", device: "nvme", raised: 5)])
        try report.save(path)
        #expect(Report.load(path).runs.first?.raised == 5)
        #expect(Report.load(path + "-missing").runs.isEmpty)
    }

    @Test func theTableHasARowPerRunAndNamesTheReasons() {
        let text = ReportTable.text([run(host: "a", device: "nvme", raised: 12345)])
        #expect(text.contains("12345"))
        #expect(text.contains("2.00"))
        #expect(text.contains("direct-not-built"))
    }

    @Test func thePictureIsWellFormedWhateverTheNames() throws {
        let svg = ReportChart.svg([
            run(host: "a<b&c", device: "nvme", raised: 10), run(host: "d", device: "x", raised: 0),
        ])
        let parser = XMLCheck()
        #expect(parser.accepts(svg))
        #expect(svg.contains("a&lt;b&amp;c"))
    }
}

/// Whether a text has balanced tags and no bare ampersands: what a viewer needs to show it.
private struct XMLCheck {
    func accepts(_ text: String) -> Bool {
        var open: [Substring] = []
        for tag in text.split(separator: "<").dropFirst(text.hasPrefix("<") ? 0 : 1) {
            guard let end = tag.firstIndex(of: ">") else { return false }
            let name = tag[..<end].prefix { !$0.isWhitespace && $0 != ">" }
            if tag[..<end].hasSuffix("/") { continue }
            if name.hasPrefix("/") {
                guard open.popLast() == name.dropFirst() else { return false }
            } else {
                open.append(name)
            }
        }
        let entities = text.components(separatedBy: "&").dropFirst()
        return open.isEmpty && entities.allSatisfy { $0.hasPrefix("amp;") || $0.hasPrefix("lt;") }
    }
}
