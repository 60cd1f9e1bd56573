/// Runs Linux's own tests of KVM with stock and with our kvm modules, in one boot of a host.
struct SelftestScenario: Sendable {
    let bench: KVMBench
    var tests = SelftestScenario.all

    func run() async throws -> SelftestRun {
        let (tests, kernel) = (tests, bench.kernel.release)
        return try await bench.boot(cpus: 2, limit: Self.limit) { host in
            func results(_ modules: KVMModuleSet) async throws -> [SelftestResult] {
                try await host.load(modules)
                var results: [SelftestResult] = []
                for test in tests {
                    Console.shared.progress(
                        "\(host.host.name): \(test), \(modules) kvm modules "
                            + "(\(results.count + 1) of \(tests.count))")
                    let command = "selftest \(test) \(Self.testSeconds)"
                    results.append(
                        try SelftestResult(await host.run(command, timeout: Self.testLimit)))
                }
                return results
            }
            return SelftestRun(
                host: host.host.name, emulated: host.host.isEmulated, kernel: kernel,
                tests: try SelftestRun.tests(
                    stock: await results(.stock), patched: await results(.patched)))
        }
    }

    /// - Throws: `LabError` that names the tests which end differently with our modules.
    static func check(_ run: SelftestRun) throws {
        let names = run.different.map(\.test)
        guard names.isEmpty else {
            throw LabError(
                "not the same with stock and patched kvm modules: " + names.joined(separator: ", "))
        }
    }
}
