import Foundation
import Testing

@testable import elictl

/// The live table.
struct TopTests {
    private func view(_ before: [String: UInt64], _ after: [String: UInt64]) throws -> TopView {
        let info = try StatusTests.info()
        let start = ContinuousClock.now
        return TopView(
            title: "vm",
            sample: TopSample(
                time: start + .seconds(2), info: info,
                counters: VCPUCounters([0: after, 1: ["exits": 7]])),
            previous: TopSample(
                time: start, info: info, counters: VCPUCounters([0: before, 1: ["exits": 9]])))
    }

    private let before: [String: UInt64] = [
        "exits": 1000, "eli_direct_entries": 100, "eli_bounces_gp": 1, "eli_bounces_np": 1,
        "eli_quantum_exits": 5, "irq_injections": 8,
    ]
    private let after: [String: UInt64] = [
        "exits": 3000, "eli_direct_entries": 1600, "eli_bounces_gp": 3, "eli_bounces_np": 2,
        "eli_quantum_exits": 8, "irq_injections": 8,
    ]

    private func cells(_ lines: [String]) -> [[String]] {
        lines.map { $0.split(separator: " ").map(String.init) }
    }

    @Test func ratesAreGrowthBySecond() throws {
        let lines = try view(before, after).lines(width: nil)
        #expect(lines[0] == "vm: ELI on, max latency 1000 us")
        #expect(
            cells(lines)[4] == [
                "0", "5", "direct", "1000", "75.0", "0", "1.5", "-", "1000", "1.5", "-", "-",
            ])
    }

    @Test func aCounterThatShrinksHasNoRate() throws {
        let lines = try view(before, after).lines(width: nil)
        #expect(cells(lines)[5].prefix(5) == ["1", "-", "injection", "-", "-"])
    }

    @Test func allTogetherHaveARowOfTheirOwn() throws {
        let lines = try view(before, after).lines(width: nil)
        #expect(cells(lines)[6].prefix(3) == ["all", "1000", "75.0"])
    }

    @Test func theFirstLookHasNoRates() throws {
        let sample = TopSample(
            time: .now, info: try StatusTests.info(), counters: VCPUCounters([0: after]))
        let lines = TopView(title: "vm", sample: sample, previous: nil).lines(width: nil)
        #expect(cells(lines)[4].prefix(5) == ["0", "5", "direct", "-", "-"])
    }

    @Test(arguments: [20, 40, 60, 80, 100, 132])
    func aNarrowTerminalLosesColumnsNotTheTable(width: Int) throws {
        let lines = try view(before, after).lines(width: width)
        #expect(lines.allSatisfy { $0.count <= width })
        #expect(cells(lines)[4].first == "0")
        if width >= 40 {
            #expect(lines[2].contains("direct %"))
            #expect(cells(lines)[4].contains("75.0"))
        }
    }

    @Test func routesAreShownWithTheirPlacement() throws {
        let lines = try view(before, after).lines(width: nil)
        #expect(lines.contains { $0.hasPrefix("net0[0]") && $0.contains("identity") })
    }

    @Test func stockModulesCountNoDirectEntries() {
        let rates = VCPURates(["exits": 5], since: ["exits": 1], seconds: 1)
        #expect(rates["exits"] == 4)
        #expect(rates.directShare == nil)
        #expect(rates.metLimit == nil)
    }
}
