import ArgumentParser
import Foundation

/// Tests the builds in the emulated hosts.
struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Test the builds, on this machine and in emulated hosts.")

    @Option(help: "The host: intel, amd or all.")
    var host = HostChoice.all

    @Option(help: "Operations in each run.")
    var count = 300

    @Option(help: "The same for the pulse device (default: 3000 in a short test, else 10000).")
    var pulses: Int?

    @Option(help: "Only these parts, with all that belongs to them.")
    var only: [Part] = []

    @Flag(help: "All parts, with all that belongs to them; takes hours.")
    var full = false

    /// What is tested, each in boots of its own.
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case series, qemu, iommu, measurements, toggles, exitCost = "exit-cost"
        case nestedIOMMU = "nested-iommu", nestedSidecore = "nested-sidecore"
        case iommuFailures = "iommu-failures", iommuScale = "iommu-scale"
        case selftests, pins, virtualFunction = "virtual-function", soak, migration, assignment
        case lifecycle, misuse, libvirt, kvmFuzz = "kvm-fuzz", elictl, docs

        /// Whether a short test has it as well.
        var isEssential: Bool {
            switch self {
            case .series, .qemu, .iommu, .measurements, .toggles, .exitCost, .kvmFuzz: true
            default: false
            }
        }
    }

    /// Nothing was asked for in particular.
    private var isShort: Bool { only.isEmpty && !full }

    func run() async throws {
        let lab = try Workshop()
        try await lab.archive.installBuildPackages()
        let bench = try await Bench(lab, hosts: host)
        if wants(.series) {
            // All modules after each patch if that is asked for.
            try await KVMSeriesCheck.run(lab, kernel: bench.kernel, whole: !isShort)
        }
        if wants(.qemu) { try await QEMUTests(lab: lab, qemu: bench.qemu).run() }
        if wants(.libvirt) {
            try await LibvirtTests(
                lab: lab, libvirt: try await Libvirt(lab), qemu: bench.qemu).run()
        }
        try await TestJob.run(try await jobs(lab, bench) + peopleJobs(lab))
        Console.shared.say("all of the lab's tests passed")
    }

    private func wants(_ part: Part) -> Bool {
        only.isEmpty ? full || part.isEssential : only.contains(part)
    }

    private func jobs(_ lab: Workshop, _ bench: Bench) async throws -> [TestJob] {
        let (onIntel, onAMD) = (host == .intel || host == .all, host == .amd || host == .all)
        let (count, isShort) = (count, isShort)
        var jobs: [TestJob] = []
        if wants(.measurements) {
            for measurement in try await bench.measurements(
                count: count, pulses: pulses ?? (isShort ? 3000 : 10_000), checks: true,
                setups: { $0.isEssential || !isShort }
            ) {
                let host = measurement.stand.host
                jobs.append(TestJob(
                    "\(Part.measurements.rawValue), \(host.name) \(measurement.number)",
                    isSingleThreaded: host.isSingleThreaded
                ) {
                    let runs = try await measurement.run()
                    print(ReportTable.text(runs))
                    for run in runs { try Self.check(run, count: count) }
                })
            }
        }
        if wants(.iommu), onAMD {
            jobs.append(TestJob(Part.iommu.rawValue) {
                try await Self.checkIOMMU(bench, whole: !isShort)
            })
        }
        if wants(.nestedIOMMU), onAMD {
            jobs.append(TestJob(Part.nestedIOMMU.rawValue) {
                try await Self.check(
                    "assigned devices behind the eli-iommu", .nestedIOMMU, bench, port: 8086
                ) { NestedIOMMUChecks(host: $0, content: $1) }
            })
        }
        if wants(.nestedSidecore), onAMD {
            jobs.append(TestJob(Part.nestedSidecore.rawValue) {
                try await Self.check(
                    "assigned devices behind the eli-iommu with a sidecore", .nestedSidecore, bench,
                    port: 8088
                ) { NestedIOMMUChecks(host: $0, content: $1, hasSidecore: true) }
            })
        }
        if wants(.iommuScale), onAMD {
            jobs.append(TestJob(Part.iommuScale.rawValue) {
                try await Self.check("many mappings", .iommuScale, bench, port: 8089) {
                    IOMMUScaleChecks(host: $0, content: $1)
                }
            })
        }
        if wants(.iommuFailures), onAMD {
            jobs.append(TestJob(Part.iommuFailures.rawValue) {
                try await Self.check(
                    "failures of a vIOMMU", .iommuFailures, bench, port: 8087,
                    on: { $0.addressBits = IOMMUFailureChecks.addressBits }
                ) { IOMMUFailureChecks(host: $0, content: $1) }
            })
        }
        if wants(.pins), onAMD {
            jobs.append(TestJob(Part.pins.rawValue) {
                try await Self.check("pin interrupts", .pins, bench, port: 8083) {
                    PinChecks(host: $0, content: $1)
                }
            })
        }
        if wants(.virtualFunction), onAMD {
            jobs.append(TestJob(Part.virtualFunction.rawValue) {
                try await Self.check(
                    "a virtual function", .virtualFunction, bench, port: 8084,
                    on: { $0.hasVirtualFunction = true }
                ) { VirtualFunctionChecks(host: $0, content: $1) }
            })
        }
        if wants(.migration), onAMD {
            jobs.append(TestJob(Part.migration.rawValue) { try await Self.checkMigration(bench) })
        }
        if wants(.assignment), onAMD {
            jobs.append(TestJob(Part.assignment.rawValue) {
                try await Self.check("assigned devices", .assignment, bench, port: 8081) {
                    AssignmentChecks(host: $0, content: $1)
                }
            })
        }
        if wants(.lifecycle), onAMD {
            jobs.append(TestJob(Part.lifecycle.rawValue) {
                try await Self.check("guests' life cycle", .lifecycle, bench, port: 8082) {
                    LifecycleChecks(host: $0, content: $1)
                }
            })
        }
        if wants(.misuse), onAMD {
            jobs.append(TestJob(Part.misuse.rawValue) {
                try await Self.check("misuse", .misuse, bench, port: 8090) {
                    MisuseChecks(host: $0, content: $1)
                }
            })
        }
        if wants(.toggles) {
            // A guest on Bochs takes minutes to boot.
            for (stand, job) in zip(bench.stands, try await bench.toggles { host in
                host is AMDHost ? 200 : 20
            }) where !isShort || stand.host.startsQEMUFast {
                jobs.append(TestJob(
                    "\(Part.toggles.rawValue), \(stand.host.name)",
                    isSingleThreaded: stand.host.isSingleThreaded
                ) { print(ToggleTable.text(try await job())) })
            }
        }
        if wants(.selftests), onIntel {
            jobs.append(TestJob(Part.selftests.rawValue, isSingleThreaded: true) { try await Self.runSelftests(lab) })
        }
        if wants(.exitCost), onIntel {
            jobs.append(TestJob(Part.exitCost.rawValue, isSingleThreaded: true) { try await Self.checkExitCost(lab) })
        }
        if wants(.kvmFuzz), onAMD {
            // On Bochs it takes too long until a guest has been in direct mode.
            for job in try await bench.kvmFuzz(
                duration: .seconds(20), seed: 1, where: { $0 is AMDHost }
            ) {
                jobs.append(TestJob(Part.kvmFuzz.rawValue) { Console.shared.say(try await job()) })
            }
        }
        if wants(.soak), onAMD {
            jobs.append(TestJob(Part.soak.rawValue) {
                let run = try await SoakCommand.soak(
                    bench, duration: .seconds(30), kills: 1, seed: 1)
                print(SoakTable.text(run))
            })
        }
        return jobs
    }

    /// Those with what people run on a host.
    private func peopleJobs(_ lab: Workshop) async throws -> [TestJob] {
        guard wants(.elictl) || wants(.docs) || wants(.libvirt) else { return [] }
        let bench = try await Bench(lab, hosts: host, withUserTools: true)
        var jobs: [TestJob] = []
        if wants(.elictl) {
            jobs += bench.stands.map { stand in
                TestJob(
                    "\(Part.elictl.rawValue), \(stand.host.name)",
                    isSingleThreaded: stand.host.isSingleThreaded
                ) { try await bench.checkElictl(on: stand.host) }
            }
        }
        if wants(.docs), host == .amd || host == .all {
            jobs.append(TestJob(Part.docs.rawValue) { try await bench.runDocs() })
        }
        if wants(.libvirt), host == .amd || host == .all {
            jobs.append(TestJob(Part.libvirt.rawValue) {
                let count = 5000
                let (passed, runs) = try await bench.checkLibvirt(count: count)
                print(ReportTable.text(runs))
                for run in runs { try Self.check(run, count: count) }
                Console.shared.say("\(passed) checks of libvirt passed")
            })
        }
        return jobs
    }

    /// Devices work behind the eli-iommu.
    ///
    /// - Parameter whole: whether to look for differences to the intel-iommu as well, and to try a
    ///   CPU that only extended interrupt mode can name.
    private static func checkIOMMU(_ bench: Bench, whole: Bool) async throws {
        var eli = try await bench.checkDevices(behind: .eli, port: 8085)
        eli.passed += try await bench.checkDevices(
            behind: .eli, .sidecore, port: 8085).passed
        if whole {
            let intel = try await bench.checkDevices(behind: .intel, port: 8085)
            guard eli.messages == intel.messages else {
                throw LabError(
                    "the kernel says \(eli.messages) behind the eli-iommu, and \(intel.messages) "
                        + "behind the intel-iommu")
            }
            eli.passed += try await bench.checkDevices(
                behind: .eli, .highAPICID, port: 8085).passed
        }
        Console.shared.say("\(eli.passed) checks of devices behind the eli-iommu passed")
    }

    /// Of the pulse device: a guest with devices of VFIO's doesn't migrate.
    private static func checkMigration(_ bench: Bench) async throws {
        for stand in bench.stands where stand.host is AMDHost {
            let passed = try await stand.host.boot(
                image: bench.image, lab: bench.lab, limit: .seconds(1800),
                purpose: Part.migration.rawValue
            ) { session in
                try await session.loadKVMForPulse()
                return try await GuestSession.withPostMortem(on: session) {
                    var checks = MigrationChecks(host: session)
                    return try await checks.run()
                }
            }
            Console.shared.say("\(passed) checks of migration passed")
        }
    }

    /// The quick ones of Linux's own tests of KVM; `selftests` runs the others as well.
    private static func runSelftests(_ lab: Workshop) async throws {
        let bench = try await KVMBench(lab, selftests: true)
        let run = try await SelftestScenario(bench: bench, tests: SelftestScenario.quick).run()
        try SelftestScenario.check(run)
        let passed = run.tests.count { $0.patched == "pass" }
        Console.shared.say("\(passed) of \(run.tests.count) of Linux's tests of KVM passed")
    }

    /// A short comparison with stock kvm modules; `exit-cost` is the long one.
    private static func checkExitCost(_ lab: Workshop) async throws {
        let scenario = ExitCostScenario(bench: try await KVMBench(lab), rounds: 1, batches: 15)
        let run = try await scenario.measure()
        print(ExitCostTable.text(run))
        try ExitCostScenario.check(run)
    }

    /// Boots the AMD host for a suite of checks.
    ///
    /// - Parameters:
    ///   - what: what they check, for messages.
    ///   - port, change: as of `Bench.bootForContent`.
    private static func check<Checks: ContentChecks>(
        _ what: String, _ part: Part, _ bench: Bench, port: Int,
        on change: (inout AMDHost) -> Void = { _ in },
        _ checks: @escaping @Sendable (HostSession, SoakContent) -> Checks
    ) async throws {
        let passed = try await bench.bootForContent(
            purpose: part.rawValue, port: port, on: change
        ) { session, content in
            var checks = checks(session, content)
            return try await checks.run()
        }
        Console.shared.say("\(passed) checks of \(what) passed")
    }

    /// What a run must show: nothing lost, and with eli=off about two exits for each interrupt.
    private static func check(_ run: Report.Run, count: Int) throws {
        let name = "\(run.host), \(run.device), \(run.scenario), eli=\(run.eli ? "on" : "off")"
        func expect(_ condition: Bool, _ what: String) throws {
            guard condition else { throw LabError("\(name): \(what)") }
        }
        try expect(
            run.operations >= count && run.raised >= count,
            "\(run.operations) operations, \(run.raised) interrupts")
        try expect(run.lost == 0, "\(run.lost) interrupts lost")
        if run.eli {
            try checkDirect(run, expect)
        } else if run.device != AssignedDevice.igb.rawValue, run.scenario == "interrupts" {
            // Several of a NIC's interrupts may share an exit.
            try expect(
                (1.5...2.5).contains(run.device_exits_per_interrupt),
                "\(run.device_exits_per_interrupt) device exits per interrupt; stock KVM takes "
                    + "about 2")
        }
    }

    /// Direct delivery: hardly any exit is the device's, hardly ever the host's handler runs.
    private static func checkDirect(
        _ run: Report.Run, _ expect: (Bool, String) throws -> Void
    ) throws {
        try expect(run.guest_handled == run.raised, "\(run.guest_handled) handled")
        if run.scenario == InterruptScenario.Load.idle.rawValue {
            // The host's handler has to wake the vCPU.
            try expect(run.exits.hlt > 0, "no exits of a halted vCPU")
            return
        }
        try expect(
            run.scenario != InterruptScenario.Load.idleInGuest.rawValue || run.exits.hlt == 0,
            "\(run.exits.hlt) exits of a vCPU that halts in the guest")
        let exits = run.device_exits.external_interrupt + run.device_exits.eoi
        if run.device == AssignedDevice.pulse.rawValue {
            let all = run.exits_per_interrupt_without_timer
            try expect(all < 0.05, "\(all) exits per interrupt, the guest's timer's not counted")
        }
        // In a short run a few can be a large share.
        let isLong = run.raised >= 10_000
        try expect(
            exits * (isLong ? 50 : 10) < run.raised,
            "\(exits) device exits of \(run.raised) interrupts")
        try expect(
            run.host_handled * (isLong ? 100 : 10) < run.raised,
            "the host's handler ran \(run.host_handled) times for \(run.raised) interrupts")
    }
}
