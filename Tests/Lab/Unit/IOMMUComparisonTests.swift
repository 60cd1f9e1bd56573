import Testing

@testable import Lab

struct IOMMUComparisonTests {
    private func run(_ method: IOMMUMethod, _ work: IOMMUWork = .page, rate: Double) -> IOMMURun {
        var run = IOMMURun(
            host: "a", emulated: true, kernel: "6.12", qemu: "10.0", device: "nvme",
            method: method.rawValue, work: work.rawValue, operations: 100, seconds: 100 / rate)
        run.operations_per_second = rate
        run.register_exits = method.hasSidecore || method == .directMap ? 0 : 200
        return run
    }

    private var expected: [IOMMURun] {
        [
            run(.directMap, rate: 1000), run(.intel, rate: 10), run(.exits, rate: 11),
            run(.strict, rate: 20), run(.deferred, rate: 30), run(.optimistic, rate: 40),
        ]
    }

    @Test func theModulesReportIsInNanoseconds() throws {
        let report = try DMAModule.report(
            "operations=20 ns=5000000 map=1000/2500/9000/10000 unmap=500/600/700/800\n")
        #expect(report.operations == 20)
        #expect(report.seconds == 0.005)
        #expect(report.map.median_us == 2.5)
        #expect(report.unmap.maximum_us == 0.8)
    }

    @Test(arguments: ["", "operations=0 ns=0", "operations=1 ns=1 map=1/2/3 unmap=1/2/3/4"])
    func whatIsNoReportIsRefused(text: String) {
        #expect(throws: LabError.self) { try DMAModule.report(text) }
    }

    @Test func ratiosAreOfTheSameWork() {
        #expect(expected[5].ratio(to: .intel, among: expected) == 4)
        #expect(run(.strict, .ring, rate: 5).ratio(to: .intel, among: expected) == nil)
    }

    @Test func theTableTellsWhetherTheOrderHolds() {
        #expect(IOMMUTable.text(expected).contains("intel-iommu holds (4.00 : 3.00 : 2.00 : 1.00)"))
        let swapped = expected.dropLast() + [run(.optimistic, rate: 25)]
        #expect(IOMMUTable.text(Array(swapped)).contains("does not hold (2.50 : 3.00 : 2.00 : 1.00)"))
        #expect(!IOMMUTable.text(Array(expected.prefix(3))).contains("holds"))
    }

    @Test func anExitWithASidecoreIsAFailure() throws {
        try IOMMUComparison.check(expected)
        var one = run(.strict, rate: 20)
        one.register_exits = 1
        #expect(throws: LabError.self) { try IOMMUComparison.check([one]) }
    }

    @Test func anIntelIOMMUWithoutExitsIsAFailure() {
        var few = run(.intel, rate: 10)
        few.register_exits = 99
        #expect(throws: LabError.self) { try IOMMUComparison.check([few]) }
    }

    @Test func queryEliIOMMUIsSummedOverDevices() throws {
        let reading = try IOMMUReading([
            "register-reads": 3, "register-writes": 4, "descriptors": 10,
            "devices": [
                ["mappings": 2, "mirror": ["maps": 7, "longest-stale-ns": 2_000_000]],
                ["mappings": 1, "mirror": ["maps": 1, "longest-stale-ns": 9_500_000]],
                ["mappings": 0],
            ],
        ])
        #expect(reading.exits == 7)
        #expect(reading.sum("mappings") == 3)
        #expect(reading.sum("maps") == 8)
        #expect(reading.longestStale == 9.5)
        #expect(reading.sidecore == nil)
        #expect(throws: LabError.self) { try IOMMUReading([:]) }
    }

    @Test func theChartHasABarForEachRatio() {
        let chart = IOMMUChart.svg(expected)
        #expect(chart.hasPrefix("<svg") && chart.hasSuffix("</svg>\n"))
        #expect(chart.contains(">4</text>") && chart.contains(">1.1</text>"))
    }
}
