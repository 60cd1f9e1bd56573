import Testing

@testable import Lab

struct SelftestTests {
    private func outcome(_ text: String) throws -> String { try SelftestResult(text).outcome }

    @Test func theLastLineTellsHowATestEnded() throws {
        let result = try SelftestResult("1..4\nok 1 vm0\n\ncpuid_test 0 110 0\n")
        #expect(result == (try SelftestResult("1..4\nok 1 vm0\ncpuid_test 0 90 0")))
        #expect(result.test == "cpuid_test")
        #expect(result.outcome == "pass")
        #expect(result.output == "1..4\nok 1 vm0")
    }

    @Test func aSkippedTestIsNoFailure() throws {
        #expect(try outcome("1..0 # SKIP - no hugepages\namx_test 4 20 0") == "skip")
    }

    @Test func aTestThatWasKilledTookTooLong() throws {
        #expect(try outcome("hyperv_ipi 137 3050 0") == "timeout")
    }

    @Test func aFailureIsToldByItsPlace() throws {
        #expect(
            try outcome(
                """
                ==== Test Assertion Failure ====
                  x86_64/state_test.c:213: uc.args[1] == stage
                  pid=125 tid=125 errno=4 - Interrupted system call
                state_test 254 540 0
                """) == "fail at x86_64/state_test.c:213")
        #expect(
            try outcome("# x86_64/sync_regs_test.c:88:set_invalid:Expected 0\nsync_regs_test 1 9 0")
                == "fail at x86_64/sync_regs_test.c:88")
        #expect(try outcome("Segmentation fault\nsmm_test 139 20 0") == "fail with 139")
    }

    @Test func aWarningOfTheKernelIsPartOfTheOutcome() throws {
        #expect(try outcome("smm_test 0 20 2") == "pass, 2 kernel warnings")
    }

    @Test(arguments: ["", "sh: selftest: not found", "smm_test 0 20", "smm_test x 20 0"])
    func whatIsNoResultIsRefused(text: String) {
        #expect(throws: LabError.self) { try SelftestResult(text) }
    }

    @Test func testsThatEndDifferentlyAreNamed() throws {
        func results(_ lines: String...) throws -> [SelftestResult] {
            try lines.map { try SelftestResult($0) }
        }
        let run = SelftestRun(
            host: "a", emulated: true, kernel: "6.12",
            tests: try SelftestRun.tests(
                stock: results("one 0 1 0", "two 0 1 0", "three 254 1 0"),
                patched: results("one 0 9 0", "broken\ntwo 254 1 0", "three 254 7 0")))
        #expect(run.different.map(\.test) == ["two"])
        #expect(throws: LabError.self) { try SelftestScenario.check(run) }
        let table = SelftestTable.text(run)
        #expect(table.contains("DIFFERENT"))
        #expect(table.contains("broken"))
        #expect(throws: LabError.self) {
            try SelftestRun.tests(stock: results("one 0 1 0"), patched: results("two 0 1 0"))
        }
    }
}
