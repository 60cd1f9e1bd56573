import ArgumentParser

/// Compares how Linux's own tests of KVM end with stock and with patched kvm modules.
struct SelftestsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selftests",
        abstract: "Run Linux's own tests of KVM with stock and patched kvm modules.")

    @Argument(help: "Tests to run, all that make sense by default.")
    var tests = SelftestScenario.all

    func run() async throws {
        let lab = try Workshop()
        try await lab.archive.installBuildPackages()
        let bench = try await KVMBench(lab, selftests: true)
        let run = try await SelftestScenario(bench: bench, tests: tests).run()
        print("\n" + SelftestTable.text(run))
        if tests == SelftestScenario.all {
            let path = lab.paths.lab + "/selftests.json"
            try RunReport.add(run, to: path)
            print("\n\(path)")
        }
        try SelftestScenario.check(run)
    }
}
