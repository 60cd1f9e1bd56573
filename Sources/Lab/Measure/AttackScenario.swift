import Foundation

/// Hostile guests in direct mode, one after the other on the same CPU, beside a busy guest on
/// another: the CPU's timer, IPIs and a device of the host's are counted, and all must be handled.
struct AttackScenario: Sendable {
    let host: HostSession
    let kernel: KernelPackage
    let qemuVersion: String
    /// Whether the attacker has the victim's CPU, and not the one behind it.
    var sharesCPU = false

    /// Those that try it with a victim's CPU as well.
    static let onVictimsCPU = ["steal", "interrupts-off", "eoi-storm", "lidt-loop"]

    /// The one that has each of the host's interrupts wait for the end of a quantum.
    private static let neverListens = "interrupts-off"
    /// How often the host's device interrupts it that often until its quanta must be shorter.
    private static let lessons = 40

    /// The attacker's CPU.
    private var cpu: Int { GuestSession.firstVCPUHostCPU + (sharesCPU ? 0 : 1) }
    /// Ports of the pulse device: the victim's, the attacker's and the host's own.
    private static let victim = AssignedDevice.pulsePort
    private static let attacker = PulsePort(number: 1), own = PulsePort.host
    /// How many interrupts of the host's own device an attack lasts.
    private static let interrupts = 500
    /// What answers in a moment elsewhere, beside an attack that keeps an emulated CPU busiest.
    private static let slow = Duration.seconds(600)
    /// Parameters of the module that watches the CPU.
    private static let watch = "/sys/module/eli_watch/parameters"
    private static let monitor = "/tmp/attacker-qmp.sock"
    private static let serial = "/tmp/attacker-serial"

    /// - Parameter attacks: their names.
    /// - Throws: `LabError` for the first that succeeds.
    func run(_ attacks: [String]) async throws -> [AttackRun] {
        let victim = try await prepare(eli: "on")
        var runs: [AttackRun] = []
        for attack in attacks {
            let name = attack + (sharesCPU ? " on the victim's CPU" : "")
            Console.shared.say("\(host.host.name): attack \(name)")
            try await startAttacker(attack)
            var run = try await watch(name)
            if run.attacker_runs { run.statistics = try await statistics() }
            if attack == Self.neverListens, !sharesCPU {
                run.quantum_us = try await quantumThatAdapts()
            } else if run.attacker_runs {
                run.quantum_us = try await quantum()
            }
            try await endAttacker()
            try check(run)
            try await host.checkKernelLog()
            runs.append(run)
        }
        try await victim.checkKernelLog()
        try await victim.quit()
        return runs
    }

    /// The attack that a protection is there against, in a host that does without; it doesn't
    /// survive that for long.
    ///
    /// - Throws: `LabError` if the attack fails all the same.
    func run(without protection: Protection) async throws -> [AttackRun] {
        // In direct mode the victim would attack the host as well.
        _ = try await prepare(eli: "off")
        let name = protection.attack
        Console.shared.say("\(host.host.name): attack \(name) without \(protection.rawValue)")
        var run: AttackRun
        do {
            try await startAttacker(name)
            run = try await watch(name)
            if run.in_service != 0 { run.outcome = "in service" }
            if run.stolen > 0 { run.outcome = "stolen" }
            if run.attacker_runs { run.statistics = try await statistics() }
        } catch {
            guard await isCPULost() else { throw error }
            run = emptyRun(name)
            run.outcome = "host hangs"
        }
        run.without = protection.rawValue
        guard run.outcome != "held" else {
            throw LabError(
                "\(run.host): \(name) fails without \(protection.rawValue) as well: "
                    + "\(run.statistics)")
        }
        return [run]
    }

    /// Whether the attacked CPU runs nothing any more, or nobody is left to try it.
    private func isCPULost() async -> Bool {
        do {
            _ = try await host.attempt("taskset \(1 << cpu) true")
            return false
        } catch {
            return true
        }
    }

    /// - Parameter eli: the victim's.
    /// - Returns: the victim, which runs.
    private func prepare(eli: String) async throws -> GuestSession {
        Console.shared.say("\(host.host.name): booting the victim")
        try await host.run("modprobe eli_pulse && modprobe eli_watch cpu=\(cpu)")
        for port in [Self.victim, Self.attacker] {
            try await host.run(port.serve)
        }
        let victim = try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                eli: eli, devices: [Self.victim.options()],
                modules: ["eli_pulse_guest"]))
        try await AssignedDevice.pulse.start(in: victim, vcpus: 1)
        try await victim.keepBusy(vcpus: 1)
        if eli == "on" { try await victim.waitUntilPlaced() }
        try await host.bind(line: 0, of: Self.own, to: cpu)
        return victim
    }

    /// Counts what the host and the victim get while a guest attacks.
    private func watch(_ attack: String) async throws -> AttackRun {
        try await host.startRaising(Self.victim, lines: 1)
        try await host.run("echo 1 >\(Self.watch)/running")
        let own = try await host.attempt(
            Self.own.raise(Self.interrupts, lines: 1),
            timeout: .seconds(240)).output
        let watched = try await host.run(
            "echo 0 >\(Self.watch)/running; cat \(Self.watch)/report", timeout: .seconds(120))
        let victim = try await host.stopRaising()

        var run = emptyRun(attack)
        run.attacker_runs = try await host.attempt("[ -d /proc/$attacker ]").status == 0
        run.host_timers = try watched.number(after: "timers=")
        run.host_ipis = try watched.number(after: "ipis=")
        run.host_interrupts = try own.number(after: "raised=")
        run.stolen = try run.host_interrupts - own.number(after: "handled=")
            + watched.number(after: "lost=")
        run.answer_us = try watched.number(after: "answer_us=")
        run.in_service = try watched.number(after: "in_service=")
        run.late_us = try watched.number(after: "late_us=")
        run.victim_raised = try victim.number(after: "raised=")
        run.victim_lost = try run.victim_raised - victim.number(after: "handled=")
        return run
    }

    /// Nothing has been counted yet.
    private func emptyRun(_ attack: String) -> AttackRun {
        AttackRun(
            host: host.host.name, emulated: host.host.isEmulated, kernel: kernel.release,
            qemu: qemuVersion, attack: attack, outcome: "held", attacker_runs: true,
            host_timers: 0, host_ipis: 0, host_interrupts: 0, stolen: 0, answer_us: 0,
            late_us: 0, victim_raised: 0, victim_lost: 0, statistics: [:])
    }

    /// Starts the hostile guest, and waits until it attacks: its device's interrupts have reached
    /// it by then.
    private func startAttacker(_ attack: String) async throws {
        let latency = host.host.maxLatency
        try await host.run("rm -f \(Self.monitor) \(Self.serial)")
        try await host.startQEMU(
            "qemu-system-x86_64 -L /share "
                + "-accel kvm,eli=on,eli-max-latency-us=\(latency) "
                + "-cpu host,kvm-pv-eoi=off,vmx=off,svm=off -machine q35 -m 64 -nodefaults "
                + "-display none -S -bios \(HostileGuests.image(attack)) "
                + "-serial file:\(Self.serial) -qmp unix:\(Self.monitor),server=on,wait=off "
                + Self.attacker.options(), as: "attacker", sockets: [Self.monitor])
        try await host.pinVCPUs(monitor: Self.monitor, first: cpu)
        _ = try await host.qmp("cont", monitor: Self.monitor)
        try await host.run(
            "taskset 1 pulse fire 0 @\(Self.attacker.number) & fire=$!; "
                + "until grep -q attack \(Self.serial) || [ ! -d /proc/$attacker ]; do "
                + "usleep 50000; done", timeout: .seconds(120))
    }

    private func statistics() async throws -> [String: Int] {
        try GuestSession.statistics(
            await host.run(
                GuestSession.statisticsCommand(monitor: Self.monitor), timeout: Self.slow))
    }

    /// - Returns: the attacker's quantum in microseconds, nil if nothing is direct.
    private func quantum() async throws -> Int? {
        let info = try await host.qmp("query-eli", monitor: Self.monitor, timeout: Self.slow)
        let vcpus = (info as? [String: Any])?["vcpus"] as? [[String: Any]]
        return vcpus?.first?["quantum-us"] as? Int
    }

    /// Goes on until QEMU has found out that the host has to wait, and shortens the quantum.
    private func quantumThatAdapts() async throws -> Int {
        let bound = host.host.maxLatency
        for _ in 0..<Self.lessons {
            if let quantum = try await quantum(), quantum < bound { return quantum }
            try await host.run(Self.own.raise(Self.interrupts, lines: 1), timeout: .seconds(240))
        }
        throw LabError("\(host.host.name): quanta stay at \(bound) us while the host waits for them")
    }

    private func endAttacker() async throws {
        try await host.run(
            "kill $fire; kill -9 $attacker 2>/dev/null; "
                + "while [ -d /proc/$attacker ] || [ -d /proc/$fire ]; do usleep 10000; done",
            timeout: Self.slow)
    }

    /// - Throws: `LabError` if the attack succeeded.
    private func check(_ run: AttackRun) throws {
        func expect(_ condition: Bool, _ what: String) throws {
            guard condition else { throw LabError("\(run.host): attack \(run.attack): \(what)") }
        }
        try expect(
            run.stolen == 0 && run.host_interrupts == Self.interrupts,
            "\(run.stolen) of the host's interrupts were not handled")
        try expect(run.host_timers > 0 && run.host_ipis > 0, "the host's CPU was not watched")
        try expect(
            run.in_service == 0,
            "\(run.in_service ?? 0) IPIs found a vector of the attacker's in service")
        // Of two vCPUs on a CPU one can be in direct mode, here the victim's.
        try expect(
            sharesCPU || !run.attacker_runs || run.statistics["eli_direct_entries", default: 0] > 0,
            "the attacker was never in direct mode")
        try expect(
            run.victim_lost == 0 && run.victim_raised > 0,
            "the victim lost \(run.victim_lost) of \(run.victim_raised) interrupts")
    }
}
