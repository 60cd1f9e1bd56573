import ArgumentParser
import Foundation

/// Tests the builds in the emulated hosts.
struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Test the builds, on this machine and in emulated hosts.")

    @Option(help: "The host: intel, amd or all.")
    var host = HostChoice.all

    @Option(help: "Interrupts to raise in each run.")
    var count = 300

    func run() async throws {
        let lab = try Workshop()
        try await lab.archive.installBuildPackages()
        let bench = try await Bench(lab, hosts: host)
        try await KVMSeriesCheck.run(lab, kernel: bench.kernel)
        try await QEMUTests(lab: lab, qemu: bench.qemu).run()
        let runs = try await bench.measure(count: count, checks: true)
        print(ReportTable.text(runs))
        for run in runs {
            try Self.check(run, count: count)
        }
        if host == .intel || host == .all {
            try await Self.checkExitCost(lab)
        }
        Console.shared.say("all of the lab's tests passed")
    }

    /// A short comparison with stock kvm modules; `exit-cost` is the long one.
    private static func checkExitCost(_ lab: Workshop) async throws {
        let scenario = ExitCostScenario(bench: try await KVMBench(lab), rounds: 1, batches: 15)
        let run = try await scenario.measure()
        print(ExitCostTable.text(run))
        try ExitCostScenario.check(run)
    }

    /// What a run with eli=off must show: nothing lost, and about two exits for each interrupt.
    private static func check(_ run: Report.Run, count: Int) throws {
        let name = "\(run.host), \(run.device)"
        guard run.operations >= count, run.raised >= count else {
            throw LabError("\(name): \(run.operations) operations, \(run.raised) interrupts")
        }
        guard run.lost == 0 else { throw LabError("\(name): \(run.lost) interrupts lost") }
        // Several of a NIC's interrupts may share an exit.
        if run.device == InterruptScenario.Device.igb.rawValue { return }
        guard (1.5...2.5).contains(run.device_exits_per_interrupt) else {
            throw LabError(
                "\(name): \(run.device_exits_per_interrupt) device exits per interrupt; "
                    + "stock KVM takes about 2")
        }
    }
}
