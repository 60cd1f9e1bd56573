import ArgumentParser

/// Calls KVM at random.
struct KVMFuzzCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kvm-fuzz",
        abstract: "Random calls of KVM by a VMM whose guests are in direct mode.")

    @Option(help: "The host: intel, amd or all.")
    var host = HostChoice.all

    @Option(help: "How long, in minutes.")
    var minutes = 10

    @Option(help: "What the random choices are made from.")
    var seed: UInt64 = 1

    @Flag(help: "In a kernel with KASAN and lockdep, which is built first.")
    var debugKernel = false

    func validate() throws {
        guard minutes > 0 else { throw ValidationError("nothing to do") }
    }

    func run() async throws {
        let lab = try Workshop()
        try await lab.archive.installBuildPackages()
        let bench = try await Bench(lab, hosts: host, withDebugKernel: debugKernel)
        let jobs = try await bench.kvmFuzz(duration: .seconds(minutes * 60), seed: seed)
        for report in try await inParallel(atOnce: 1, jobs) { print(report) }
    }
}
