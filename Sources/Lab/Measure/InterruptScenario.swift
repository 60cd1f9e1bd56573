import Foundation

/// Counts what the interrupts of one device cost: the figure that ELI is about.
struct InterruptScenario: Sendable {
    /// What to measure in one boot of the guest.
    struct Setup: Sendable {
        let device: AssignedDevice
        var vcpus = 1
        /// Whether ELI is on, run by run; switched by QMP in between.
        var eli = [false]
        /// Whether the guest has timers expiring and IPIs between its vCPUs meanwhile.
        var hasTimersAndIPIs = false
    }

    let lab: Workshop
    let kernel: KernelPackage
    let qemuVersion: String

    /// Boots a guest with the device and measures `count` operations, once for each of `eli`.
    func measure(_ setup: Setup, count: Int, on host: HostSession) async throws -> [Report.Run] {
        let name = "\(host.host.name)/\(setup.device.rawValue)"
        Console.shared.say("\(name): booting the guest")
        let prepared = try await setup.device.prepare(on: host)
        let options = GuestSession.Options(
            vcpus: setup.vcpus, devices: prepared.options, modules: prepared.modules)
        let guest = try await GuestSession.boot(on: host, options, timeout: .seconds(240))
        try await setup.device.start(in: guest, vcpus: setup.vcpus)
        let irqs = try await pinIRQs(setup, on: host)
        if setup.hasTimersAndIPIs { try await startTimersAndIPIs(in: guest) }

        var runs: [Report.Run] = []
        var guestVectors: Set<Int> = []
        for eli in setup.eli {
            if eli != (runs.last?.eli ?? false) { try await guest.setELI(eli) }
            try await host.run("counters arm \(irqs.joined(separator: " "))")
            Console.shared.say("\(name): \(count) operations, eli=\(eli ? "on" : "off")")
            _ = try await setup.device.work(20, in: guest, vcpus: setup.vcpus)

            let before = try await reading(guest, setup.device)
            let start = ContinuousClock.now
            let done = try await setup.device.work(count, in: guest, vcpus: setup.vcpus)
            let elapsed = ContinuousClock.now - start
            let after = try await reading(guest, setup.device)
            guestVectors.formUnion((after.exits - before.exits).msis.keys)

            let state = try await guest.eliState()
            guestVectors.formUnion(state.guestVectors)
            var run = evaluate(
                before: before, after: after, setup: setup, asked: count, done: done,
                vectors: guestVectors, host: host)
            run.eli = eli
            run.seconds = elapsed / .seconds(1)
            run.reasons = state.reasons
            run.placement = eli ? state.placement : "none"
            runs.append(run)
        }
        let console = try await guest.host.run("cat /tmp/qemu.log")
        try await guest.quit()
        if !console.isEmpty { runs[runs.count - 1].notes.append("QEMU said: \(console)") }
        return runs
    }

    /// Sends the device's host irqs to the CPUs that run the vCPUs: the n-th to vCPU n's.
    ///
    /// - Returns: their numbers.
    private func pinIRQs(_ setup: Setup, on host: HostSession) async throws -> [String] {
        let table = InterruptTable(try await host.run("cat /proc/interrupts"))
        let irqs = table.rows(describedBy: setup.device.hostIRQ).map(\.label)
        guard !irqs.isEmpty else {
            throw LabError("the host has no irq called \(setup.device.hostIRQ)")
        }
        for (index, irq) in irqs.enumerated() {
            let cpu = GuestSession.firstVCPUHostCPU + (index < setup.vcpus ? index : 0)
            try await host.run("echo \(1 << cpu) >/proc/irq/\(irq)/smp_affinity")
        }
        return irqs
    }

    /// A process that wakes another on the last vCPU each time that its timer has expired.
    private func startTimersAndIPIs(in guest: GuestSession) async throws {
        try await guest.run(
            "(taskset 1 sh -c 'while :; do echo; usleep 5000; done' | "
                + "taskset 2 sh -c 'while read x; do :; done') >/dev/null 2>&1 &")
    }

    private struct Reading {
        let guest: InterruptTable
        let host: InterruptTable
        let exits: ExitCounters
        /// KVM's statistics of all vCPUs.
        let statistics: [String: Int]
    }

    private func reading(_ guest: GuestSession, _ device: AssignedDevice) async throws -> Reading {
        // Not all of the table: serial lines are slow, the guest's most of all.
        func table(_ name: String) -> String { "grep -e CPU0 -e \(name) /proc/interrupts" }
        return Reading(
            guest: InterruptTable(try await guest.run(table(device.guestIRQ))),
            host: InterruptTable(try await guest.host.run(table(device.hostIRQ))),
            exits: ExitCounters(try await guest.host.run("counters read")),
            statistics: try await guest.statistics())
    }

    private func evaluate(
        before: Reading, after: Reading, setup: Setup, asked: Int, done: AssignedDevice.Done,
        vectors: Set<Int>, host: HostSession
    ) -> Report.Run {
        let counted = after.exits - before.exits
        let reasons = host.host.vendorModule == "kvm-intel" ? ExitReasons.vmx : ExitReasons.svm
        func handled(_ table: KeyPath<Reading, InterruptTable>, _ name: String) -> Int {
            after[keyPath: table].total(describedBy: name)
                - before[keyPath: table].total(describedBy: name)
        }
        func grown(_ name: String) -> Int {
            (after.statistics[name] ?? 0) - (before.statistics[name] ?? 0)
        }
        let statistics = after.statistics.keys.filter { $0.hasPrefix("eli_") }
            .reduce(into: [:]) { $0[$1] = grown($1) }
        let guestHandled = handled(\.guest, setup.device.guestIRQ)
        let hostHandled = handled(\.host, setup.device.hostIRQ)
        let deviceExits = Report.DeviceExits(
            external_interrupt: counted.deviceExits[reasons.externalInterrupt] ?? 0,
            eoi: vectors.reduce(0) { $0 + (counted.eois[$1] ?? 0) })
        // An MSI whose vector is still pending in the IRR is one with it.
        let coalesced = counted.msis.values.reduce(0, +)
            - counted.msis.keys.reduce(0) { $0 + (counted.injections[$1] ?? 0) }
        // Where the device doesn't tell, by operations: an echo request without its reply.
        let lost = done.raised.map { $0 - coalesced - guestHandled } ?? asked - done.operations
        let raised = done.raised ?? hostHandled
        return Report.Run(
            host: host.host.name, emulated: host.host.isEmulated, kernel: kernel.release, qemu: qemuVersion,
            scenario: setup.hasTimersAndIPIs ? "timers-and-ipis" : "interrupts",
            device: setup.device.rawValue, method: "assignment", eli: false, vcpus: setup.vcpus,
            raised: raised, guest_handled: guestHandled, host_handled: hostHandled,
            coalesced: coalesced, lost: lost,
            exits: Self.exits(
                counted, reasons, quantum: grown("eli_quantum_exits"), deviceVectors: vectors),
            device_exits_per_interrupt:
                Double(deviceExits.external_interrupt + deviceExits.eoi) / Double(max(1, raised)),
            placement: "none", seconds: 0, operations: done.operations,
            device_exits: deviceExits, statistics: statistics, reasons: [],
            notes: done.raised == nil
                ? ["raised: the host handler's count; lost: echo requests without reply"] : [])
    }

    private static func exits(
        _ counted: ExitCounters, _ reasons: ExitReasons, quantum: Int, deviceVectors: Set<Int>
    ) -> Report.Exits {
        func count(_ reason: Int?) -> Int { reason.flatMap { counted.exits[$0] } ?? 0 }
        var exits = Report.Exits(
            total: counted.total, external_interrupt: count(reasons.externalInterrupt),
            eoi: counted.msrWrites[ExitReasons.eoiMSR] ?? 0,
            interrupt_window: count(reasons.interruptWindow),
            timer: (counted.msrWrites[ExitReasons.tscDeadlineMSR] ?? 0)
                + count(reasons.preemptionTimer) - quantum,
            quantum: quantum, ipi: counted.msrWrites[ExitReasons.icrMSR] ?? 0,
            hlt: count(reasons.hlt), io: count(reasons.io), other: 0)
        exits.other = exits.total - exits.external_interrupt - exits.eoi - exits.interrupt_window
            - exits.timer - exits.quantum - exits.ipi - exits.hlt - exits.io
        return exits
    }
}
