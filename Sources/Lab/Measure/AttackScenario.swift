import Foundation

/// Hostile guests in direct mode, one after the other on the same CPU, beside a busy guest on
/// another: the CPU's timer, IPIs and a device of the host's are counted, and all must be handled.
struct AttackScenario: Sendable {
    let host: HostSession
    let kernel: KernelPackage
    let qemuVersion: String

    /// The attacker's CPU; the victim has the one before it.
    private static let cpu = GuestSession.firstVCPUHostCPU + 1
    /// Ports of the pulse device: the victim's, the attacker's and the host's own.
    private static let victim = 0, attacker = 1, own = 2
    /// How many interrupts of the host's own device an attack lasts.
    private static let interrupts = 500
    /// Parameters of the module that watches the CPU.
    private static let watch = "/sys/module/eli_watch/parameters"
    private static let monitor = "/tmp/attacker-qmp.sock"
    private static let serial = "/tmp/attacker-serial"

    /// - Parameter attacks: their names.
    /// - Throws: `LabError` for the first that succeeds.
    func run(_ attacks: [String]) async throws -> [AttackRun] {
        let victim = try await prepare()
        var runs: [AttackRun] = []
        for attack in attacks {
            Console.shared.say("\(host.host.name): attack \(attack)")
            try await startAttacker(attack)
            var run = try await watch(attack)
            if run.attacker_runs { run.statistics = try await statistics() }
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
        _ = try await prepare()
        let name = protection.attack
        Console.shared.say("\(host.host.name): attack \(name) without \(protection.rawValue)")
        try await startAttacker(name)
        var run: AttackRun
        do {
            run = try await watch(name)
            run.outcome = run.stolen > 0 ? "stolen" : "held"
        } catch {
            run = AttackRun(
                host: host.host.name, emulated: host.host.isEmulated, kernel: kernel.release,
                qemu: qemuVersion, attack: name, outcome: "host hangs", attacker_runs: true,
                host_timers: 0, host_ipis: 0, host_interrupts: 0, stolen: 0, answer_us: 0,
                late_us: 0, victim_raised: 0, victim_lost: 0, statistics: [:])
        }
        run.without = protection.rawValue
        guard run.outcome != "held" else {
            throw LabError("\(run.host): \(name) fails without \(protection.rawValue) as well")
        }
        return [run]
    }

    /// - Returns: the victim, which runs.
    private func prepare() async throws -> GuestSession {
        Console.shared.say("\(host.host.name): booting the victim")
        try await host.run("modprobe eli_pulse && modprobe eli_watch cpu=\(Self.cpu)")
        for port in [Self.victim, Self.attacker] {
            try await host.run("pulse serve /tmp/pulse\(port).sock @\(port)")
        }
        let victim = try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                eli: "on", devices: [Self.device(port: Self.victim)],
                modules: ["eli_pulse_guest"]))
        try await AssignedDevice.pulse.start(in: victim, vcpus: 1)
        try await victim.keepBusy(vcpus: 1)
        try await victim.waitUntilPlaced()
        // After all others, the lines of a port are the host's irqs in order.
        let irqs = try await host.interrupts(describedBy: AssignedDevice.pulse.hostIRQ)
            .rows(describedBy: AssignedDevice.pulse.hostIRQ).map(\.label)
        let line = Self.own * AssignedDevice.pulseLines
        try await host.run("echo \(1 << Self.cpu) >/proc/irq/\(irqs[line])/smp_affinity")
        return victim
    }

    private static func device(port: Int) -> String {
        "-chardev socket,id=pulse,path=/tmp/pulse\(port).sock "
            + "-device ivshmem-doorbell,chardev=pulse,vectors=\(AssignedDevice.pulseLines)"
    }

    /// Counts what the host and the victim get while a guest attacks.
    private func watch(_ attack: String) async throws -> AttackRun {
        try await host.run(
            "taskset 1 pulse raise 0 0 @\(Self.victim) >/tmp/victim.log 2>&1 & victim=$!; "
                + "echo 1 >\(Self.watch)/running")
        let own = try await host.attempt(
            "taskset 1 pulse host \(Self.interrupts) 0 @\(Self.own)", timeout: .seconds(240)).output
        let watched = try await host.run(
            "echo 0 >\(Self.watch)/running; cat \(Self.watch)/report", timeout: .seconds(120))
        let victim = try await host.run(
            "kill $victim; while [ -d /proc/$victim ]; do usleep 10000; done; cat /tmp/victim.log")
        let runs = try await host.attempt("[ -d /proc/$attacker ]").status == 0
        return AttackRun(
            host: host.host.name, emulated: host.host.isEmulated, kernel: kernel.release,
            qemu: qemuVersion, attack: attack, outcome: "held", attacker_runs: runs,
            host_timers: try watched.number(after: "timers="),
            host_ipis: try watched.number(after: "ipis="),
            host_interrupts: try own.number(after: "raised="),
            stolen: try own.number(after: "raised=") - own.number(after: "handled=")
                + watched.number(after: "lost="),
            answer_us: try watched.number(after: "answer_us="),
            late_us: try watched.number(after: "late_us="),
            victim_raised: try victim.number(after: "raised="),
            victim_lost: try victim.number(after: "raised=") - victim.number(after: "handled="),
            statistics: [:])
    }

    /// Starts the hostile guest, and waits until it attacks: its device's interrupts have reached
    /// it by then.
    private func startAttacker(_ attack: String) async throws {
        let latency = host.host.maxLatency
        try await host.run(
            "rm -f \(Self.monitor) \(Self.serial); qemu-system-x86_64 -L /share "
                + "-accel kvm,eli=on,eli-max-latency-us=\(latency) "
                + "-cpu host,kvm-pv-eoi=off,vmx=off,svm=off -machine q35 -m 64 -nodefaults "
                + "-display none -S -bios \(HostileGuests.image(attack)) "
                + "-serial file:\(Self.serial) -qmp unix:\(Self.monitor),server=on,wait=off "
                + "\(Self.device(port: Self.attacker)) >/tmp/attacker.log 2>&1 & attacker=$!")
        try await host.run(
            "while [ ! -S \(Self.monitor) ] && [ -d /proc/$attacker ]; do usleep 50000; done; "
                + "[ -S \(Self.monitor) ] || { cat /tmp/attacker.log; false; }")
        let vcpus = try await qmp("query-cpus-fast") as? [[String: Any]] ?? []
        guard let thread = vcpus.first?["thread-id"] as? Int else {
            throw LabError("query-cpus-fast: no thread-id")
        }
        try await host.run("taskset -p \(1 << Self.cpu) \(thread) >/dev/null")
        _ = try await qmp("cont")
        try await host.run(
            "taskset 1 pulse fire 0 @\(Self.attacker) & fire=$!; "
                + "until grep -q attack \(Self.serial) || [ ! -d /proc/$attacker ]; do "
                + "usleep 50000; done", timeout: .seconds(120))
    }

    private func qmp(_ command: String, _ arguments: String = "{}") async throws -> Any {
        let line = try await host.run(
            GuestSession.hostCommand(qmp: command, arguments, monitor: Self.monitor),
            timeout: .seconds(140))
        return try GuestSession.result(ofQMP: command, line)
    }

    private func statistics() async throws -> [String: Int] {
        try GuestSession.statistics(
            await host.run(GuestSession.statisticsCommand(monitor: Self.monitor)))
    }

    private func endAttacker() async throws {
        try await host.run(
            "kill $fire; kill -9 $attacker 2>/dev/null; "
                + "while [ -d /proc/$attacker ] || [ -d /proc/$fire ]; do usleep 10000; done")
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
            !run.attacker_runs || run.statistics["eli_direct_entries", default: 0] > 0,
            "the attacker was never in direct mode")
        try expect(
            run.victim_lost == 0 && run.victim_raised > 0,
            "the victim lost \(run.victim_lost) of \(run.victim_raised) interrupts")
    }
}
