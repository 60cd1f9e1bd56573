import Foundation

/// Counts what the interrupts of one device cost: the figure that ELI is about.
struct InterruptScenario: Sendable {
    /// What the guest does beside its work with the device.
    enum Load: String, Sendable {
        /// All vCPUs are busy.
        case interrupts
        /// The same, with timers that expire and IPIs between the vCPUs.
        case timersAndIPIs = "timers-and-ipis"
        /// Nothing: vCPUs halt, and so exit.
        case idle
        /// Nothing: vCPUs halt and stay in the guest.
        case idleInGuest = "idle-in-guest"
    }

    /// A measurement in a running guest. ELI is switched by QMP before it.
    struct Phase: Sendable {
        var eli = false
        var load = Load.interrupts
        /// Whether `DirectChecks` follow.
        var isChecked = false
    }

    /// What to measure in one boot of the guest.
    struct Setup: Sendable {
        let device: AssignedDevice
        var vcpus = 1
        /// Whether no interrupt may have the guest's own vector on the host.
        var isRemapped = false
        /// Whether the guest has its IDT in page tables for user mode as well (KPTI).
        var isolatesPageTables = false
        var phases = [Phase()]
        /// Whether a short test has it as well.
        var isEssential = false

        /// What query-eli must tell with ELI on.
        var placement: String { isRemapped ? "remapped" : "identity" }
    }

    let lab: Workshop
    let kernel: KernelPackage
    let qemuVersion: String

    /// Boots a guest with the device and measures `count` operations, once for each phase.
    func measure(_ setup: Setup, count: Int, on host: HostSession) async throws -> [Report.Run] {
        let name = "\(host.host.name)/\(setup.device.rawValue)"
        Console.shared.say("\(name): booting the guest")
        let prepared = try await setup.device.prepare(on: host)
        let options = GuestSession.Options(
            identity: !setup.isRemapped, vcpus: setup.vcpus,
            isolatesPageTables: setup.isolatesPageTables,
            haltsInGuest: setup.phases.contains { $0.load == .idleInGuest },
            devices: prepared.options, modules: prepared.modules)
        let guest = try await GuestSession.boot(on: host, options)
        if setup.isolatesPageTables { try await guest.run("grep -qw pti /proc/cpuinfo") }
        try await setup.device.start(in: guest, vcpus: setup.vcpus)
        let irqs = try await setup.device.pinIRQs(on: host, vcpus: setup.vcpus)
        try await guest.keepBusy(vcpus: setup.vcpus)

        var runs: [Report.Run] = []
        var guestVectors: Set<Int> = []
        for (index, phase) in setup.phases.enumerated() {
            let former = index > 0 ? setup.phases[index - 1] : Phase()
            if phase.eli != former.eli { try await guest.setELI(phase.eli) }
            if phase.load != former.load {
                try await phase.load == .timersAndIPIs
                    ? guest.startTimersAndIPIs() : guest.idle()
            }
            var run = try await measure(
                phase, of: setup, count: count, irqs: irqs, vectors: &guestVectors, in: guest)
            if phase.isChecked {
                var checks = DirectChecks(
                    guest: guest, device: setup.device, vcpus: setup.vcpus, irqs: irqs,
                    placement: setup.placement)
                let passed = try await checks.run()
                Console.shared.say("\(name): \(passed) checks of direct mode passed")
                run.notes += checks.notes
                if setup.isRemapped {
                    var checks = RemapChecks(
                        guest: guest, device: setup.device, vcpus: setup.vcpus)
                    let passed = try await checks.run()
                    Console.shared.say("\(name): \(passed) checks of remapped vectors passed")
                    run.notes += checks.notes
                }
            }
            runs.append(run)
        }
        let console = try await guest.host.run("cat /tmp/qemu.log")
        try await guest.quit()
        if !console.isEmpty { runs[runs.count - 1].notes.append("QEMU said: \(console)") }
        return runs
    }

    /// Measures `count` operations in a guest that runs, with ELI switched and its vCPUs doing what
    /// the phase says.
    ///
    /// - Parameters:
    ///   - irqs: the device's in the host.
    ///   - vectors: of the device in the guest, as far as they are known; gets those that are new.
    func measure(
        _ phase: Phase, of setup: Setup, count: Int, irqs: [String], vectors: inout Set<Int>,
        in guest: GuestSession
    ) async throws -> Report.Run {
        let host = guest.host
        let name = "\(host.host.name)/\(setup.device.rawValue)"
        try await host.run("counters arm \(irqs.joined(separator: " "))")
        Console.shared.say("\(name): \(count) operations, eli=\(phase.eli ? "on" : "off")")
        try await host.run(
            setup.device.work(20, vcpus: setup.vcpus), timeout: AssignedDevice.workLimit)

        let tables = try await interruptTables(guest, setup.device)
        let start = ContinuousClock.now
        let raised = host.raisedByNVMe()
        let work = try await CountedWork(
            setup.device.work(count, vcpus: setup.vcpus), on: host,
            statistics: guest.statisticsCommand(), timeout: AssignedDevice.workLimit)
        let elapsed = ContinuousClock.now - start
        let done = try setup.device.done(
            work.output, count: count, vcpus: setup.vcpus,
            raisedByNVMe: host.raisedByNVMe() - raised)
        let handled = try await interruptTables(guest, setup.device) - tables

        let state = try await guest.eliState()
        vectors.formUnion(work.exits.msis.keys)
        vectors.formUnion(state.guestVectors)
        var run = evaluate(
            work, done: done, handled: handled, setup: setup, asked: count, vectors: vectors,
            host: host)
        run.eli = phase.eli
        run.scenario = phase.load.rawValue
        run.seconds = elapsed / .seconds(1)
        run.reasons = state.reasons
        run.placement = phase.eli ? state.placement : "none"
        guard !phase.eli || state.placement == setup.placement else {
            throw LabError("\(name): not all are \(setup.placement): \(state.text)")
        }
        return run
    }

    /// How often the device's handlers ran.
    private struct Handled {
        var guest: Int
        var host: Int

        static func - (after: Handled, before: Handled) -> Handled {
            Handled(guest: after.guest - before.guest, host: after.host - before.host)
        }
    }

    private func interruptTables(
        _ guest: GuestSession, _ device: AssignedDevice
    ) async throws -> Handled {
        Handled(
            guest: try await guest.handled(by: device.guestIRQ),
            host: try await guest.host.handled(by: device.hostIRQ))
    }

    private func evaluate(
        _ work: CountedWork, done: AssignedDevice.Done, handled: Handled, setup: Setup, asked: Int,
        vectors: Set<Int>, host: HostSession
    ) -> Report.Run {
        let counted = work.exits
        let reasons = ExitReasons.ofVendor(host.host.vendorModule)
        let deviceExits = Report.DeviceExits(
            external_interrupt: counted.deviceExits[reasons.externalInterrupt] ?? 0,
            eoi: vectors.reduce(0) { $0 + (counted.eois[$1] ?? 0) })
        // An MSI whose vector is still pending in the IRR is one with it.
        let coalesced = counted.msis.values.reduce(0, +)
            - counted.msis.keys.reduce(0) { $0 + (counted.injections[$1] ?? 0) }
        // Where the device doesn't tell, by operations: an echo request without its reply.
        let lost = done.raised.map { $0 - coalesced - handled.guest } ?? asked - done.operations
        let raised = done.raised ?? max(handled.host, handled.guest)
        let exits = work.exitsByReason(reasons)
        let timer = exits.timer + (counted.eois[ExitReasons.timerVector] ?? 0)
        return Report.Run(
            host: host.host.name, emulated: host.host.isEmulated, kernel: kernel.release, qemu: qemuVersion,
            scenario: "", device: setup.device.rawValue, method: "assignment", eli: false, vcpus: setup.vcpus,
            raised: raised, guest_handled: handled.guest, host_handled: handled.host,
            coalesced: coalesced, lost: lost,
            exits: exits,
            device_exits_per_interrupt:
                Double(deviceExits.external_interrupt + deviceExits.eoi) / Double(max(1, raised)),
            exits_per_interrupt_without_timer:
                Double(exits.total - timer) / Double(max(1, raised)),
            placement: "none", seconds: 0, operations: done.operations,
            device_exits: deviceExits,
            exit_reasons: counted.exits.reduce(into: [:]) { $0[String($1.key)] = $1.value },
            statistics: work.statistics, reasons: [],
            notes: done.raised == nil
                ? ["raised: the handlers' count; lost: echo requests without reply"] : [])
    }
}
