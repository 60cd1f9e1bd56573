import Testing

@testable import Lab

struct ComparisonTests {
    @Test func fioTellsReadsTimeAndLatency() throws {
        let output = """
            fio: this line is no JSON
            {"jobs": [{"usr_cpu": 10.5, "sys_cpu": 40.0, "read": {"total_ios": 2000, "runtime": 500,
              "lat_ns": {"mean": 250000.0}}}]}
            """
        let result = try ComparisonWork.readsAtDepth1.result(output)
        #expect(result.operations == 2000)
        #expect(result.rate == 4000)
        #expect(result.latency == 0.00025)
        #expect(result.cpu == 50.5)
    }

    @Test func iperf3TellsBytesAndTime() throws {
        let result = try ComparisonWork.stream.result(
            """
            {"end": {"sum_sent": {"bytes": 2560000, "seconds": 2.5},
              "cpu_utilization_percent": {"host_total": 99.0}}}
            """)
        #expect(result.operations == 10000)
        #expect(result.rate == 4000)
        #expect(result.latency == nil)
    }

    @Test func pingTellsRepliesAndLatency() throws {
        let result = try ComparisonWork.pingPong.result(
            """
            500 packets transmitted, 500 packets received, 0% packet loss
            round-trip min/avg/max = 0.120/0.250/3.000 ms
            """)
        #expect(result.operations == 500)
        #expect(result.rate == 4000)
    }

    @Test(arguments: ComparisonWork.allCases)
    func whatIsNoResultIsRefused(work: ComparisonWork) {
        for output in ["", "{}", "connect: No route to host", "{\"end\": {}, \"error\": \"no\"}"] {
            #expect(throws: (any Error).self) { try work.result(output) }
        }
    }

    @Test func aShareIsOfBareMetalsRateOfTheSameWork() {
        func run(_ method: ComparisonMethod, _ work: ComparisonWork, _ rate: Double) -> ComparisonRun {
            ComparisonRun(
                host: "a", emulated: true, kernel: "6.12", qemu: "10.0", scenario: "network",
                device: "igb", method: method.rawValue, eli: method == .assignmentELI,
                work: work.rawValue, operations: 1, seconds: 1, operations_per_second: rate)
        }
        let runs = [
            run(.bareMetal, .stream, 200), run(.bareMetal, .pingPong, 10),
            run(.assignmentELI, .stream, 198),
        ]
        #expect(runs[2].share(among: runs) == 99)
        #expect(runs[2].share(among: Array(runs[1...])) == nil)
        #expect(runs[2].adjustedShare(among: runs) == nil)
        let all = runs + [
            run(.bareMetal, .pingPongOfNoDevice, 100), run(.assignmentELI, .pingPongOfNoDevice, 90),
        ]
        #expect(all[2].adjustedShare(among: all).map { $0.rounded() } == 110)
        #expect(all[4].adjustedShare(among: all) == nil)
        #expect(ComparisonTable.text(runs).contains("99 %"))
        let chart = ComparisonChart.svg(runs)
        #expect(chart.hasPrefix("<svg") && chart.hasSuffix("</svg>\n"))
        #expect(chart.contains(">99</text>"))
    }
}
