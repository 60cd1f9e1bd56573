import Foundation
import Testing

@testable import Lab

struct ExitCostTests {
    private func reading(cpuid: Double, hlt: Double = 500) throws -> ExitCostReading {
        try ExitCostReading("instruction 1.00 1.00\ncpuid 900.00 \(cpuid)\nhlt 400 \(hlt)\n")
    }

    @Test func theProgramsMediansAreRead() throws {
        #expect(try reading(cpuid: 1072.5).costs == [
            .init(exit: "cpuid", median: 1072.5), .init(exit: "hlt", median: 500),
        ])
    }

    @Test(arguments: [
        "cpuid 1 2",  // nothing about ticks
        "instruction 4.5 4.5\ncpuid 1 2",  // two CPUs
        "instruction 1.00 1.00",
        "instruction 1.00 1.00\ncpuid 2 1",
        "instruction 1.00 1.00\nhlt -3.00 5.00",  // a difference that noise has turned around
        "instruction 1.00 1.00\nexit-cost: KVM_RUN: Bad address",
    ])
    func whatIsNoMeasurementIsRefused(text: String) {
        #expect(throws: LabError.self) { try ExitCostReading(text) }
    }

    @Test func theMiddleRoundCountsAndTheSpreadTellsOfTheOthers() throws {
        let exits = try ExitCostRun.exits(of: [
            (reading(cpuid: 1000), reading(cpuid: 1020)),
            (reading(cpuid: 1001), reading(cpuid: 1030)),
            (reading(cpuid: 5000), reading(cpuid: 1025)),
        ])
        #expect(exits[0].stock == 1001)
        #expect(exits[0].patched == 1025)
        #expect(abs(exits[0].difference - 2400 / 1001) < 1e-9)
        #expect(abs(exits[0].spread - 400_000 / 1001) < 1e-9)
        #expect(exits[1].difference == 0)
    }

    @Test func moreThanOnePercentIsTooMuch() throws {
        func run(patched: Double) throws -> ExitCostRun {
            ExitCostRun(
                host: "a", emulated: true, kernel: "6.12",
                exits: try ExitCostRun.exits(of: [(reading(cpuid: 1000), reading(cpuid: patched))]))
        }
        #expect(try run(patched: 1010).excessive.isEmpty)
        #expect(try run(patched: 900.5).excessive.isEmpty)
        #expect(try run(patched: 1010.5).excessive.map(\.exit) == ["cpuid"])
        #expect(throws: LabError.self) { try ExitCostScenario.check(run(patched: 1011)) }
    }

    @Test func anotherRunOfTheHostReplacesTheFirstInTheReport() throws {
        let path = NSTemporaryDirectory() + "exit-cost-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        for (host, cost) in [("b", 1.0), ("a", 2), ("b", 3)] {
            let exit = ExitCostRun.Exit(
                exit: "cpuid", stock: cost, patched: cost, difference: 0, spread: 0)
            try RunReport.add(
                ExitCostRun(host: host, emulated: true, kernel: "6.12", exits: [exit]), to: path)
        }
        let data = try #require(FileManager.default.contents(atPath: path))
        let report = try JSONDecoder().decode(RunReport<ExitCostRun>.self, from: data)
        #expect(report.runs.map(\.host) == ["a", "b"])
        #expect(report.runs.map { $0.exits[0].stock } == [2, 3])
    }
}
