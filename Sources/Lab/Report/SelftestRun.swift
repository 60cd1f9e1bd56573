/// How Linux's own tests of KVM end with Debian's kvm modules and with ours: a run in
/// `.lab/selftests.json`.
struct SelftestRun: ReportedRun {
    var host: String
    var emulated: Bool
    var kernel: String
    var scenario = "selftests"
    var eli = false
    var tests: [Test]

    struct Test: Codable, Equatable {
        var test: String
        /// As `SelftestResult.outcome`.
        var stock: String
        var patched: String
        /// What it printed last, with our modules.
        var output: String
    }

    var identity: String { host }

    /// - Throws: `LabError` if the results aren't those of the same tests.
    static func tests(stock: [SelftestResult], patched: [SelftestResult]) throws -> [Test] {
        guard stock.map(\.test) == patched.map(\.test) else {
            throw LabError("stock and patched kvm modules did not run the same tests")
        }
        return zip(stock, patched).map {
            Test(test: $0.test, stock: $0.outcome, patched: $1.outcome, output: $1.output)
        }
    }

    /// Tests that end differently with our modules.
    var different: [Test] { tests.filter { $0.stock != $0.patched } }
}
