import Foundation

/// Traffic on all devices of a guest, while at random ELI is switched, the guest moves its irqs and
/// loads its IDTR, and the host writes affinities: nothing may be lost, and all data are right.
struct Soak: Sendable {
    let host: HostSession
    /// What the guest reads over and over, and from where.
    let content: SoakContent
    let duration: Duration

    /// What happens at random.
    enum Action: String, CaseIterable {
        case toggle, moveGuestIRQ = "move-guest-irq", writeHostAffinity = "write-host-affinity"
        case reloadIDTR = "reload-idtr"
    }

    private static let vcpus = 2

    func run(using generator: inout some RandomNumberGenerator) async throws -> SoakRun {
        let disk = try await AssignedDevice.nvme.prepare(on: host)
        let network = try await AssignedDevice.igb.prepare(on: host)
        let guest = try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                vcpus: Self.vcpus, devices: disk.options + network.options,
                modules: disk.modules + network.modules + ["eli_probe"]))
        try await AssignedDevice.igb.start(in: guest, vcpus: Self.vcpus)
        try await guest.setELI(true)
        let reading = ChecksummedReading(guest: guest, content: content)
        try await reading.start()

        var done: [Action: Int] = [:]
        var isOn = true
        let before = try await guest.statistics()
        let start = ContinuousClock.now
        while ContinuousClock.now - start < duration {
            let action = Action.allCases.randomElement(using: &generator)!
            switch action {
            case .toggle:
                isOn.toggle()
                try await guest.qmp("eli-set", "{\"enabled\": \(isOn)}")
            case .moveGuestIRQ: try await moveIRQ(of: guest, using: &generator)
            case .writeHostAffinity: try await writeAffinity(using: &generator)
            case .reloadIDTR:
                try await guest.probe("reload_idtr", 1)
            }
            done[action, default: 0] += 1
            let left = duration - (ContinuousClock.now - start)
            Console.shared.progress(
                "\(host.host.name): soaking, \(max(0, left.components.seconds)) s left, "
                    + "\(done.values.reduce(0, +)) actions")
        }
        let after = try await guest.statistics()
        let passes = try await reading.stop()
        try await checkLogs(of: guest)
        try await guest.quit()
        return SoakRun(
            host: host.host.name, emulated: host.host.isEmulated, vcpus: Self.vcpus,
            seconds: (ContinuousClock.now - start) / .seconds(1),
            actions: done.reduce(into: [:]) { $0[$1.key.rawValue] = $1.value },
            toggles: done[.toggle] ?? 0, reads: passes,
            statistics: after.growth(since: before))
    }

    private func moveIRQ(
        of guest: GuestSession, using generator: inout some RandomNumberGenerator
    ) async throws {
        // nvme's are managed: only those of the NIC can be moved.
        let mask = 1 << Int.random(in: 0..<Self.vcpus, using: &generator)
        let index = Int.random(in: 1...2, using: &generator)
        try await guest.run(
            "irq=$(\(InterruptTable.numbersCommand(describedBy: "eth0-")) | sed -n \(index)p); "
                + "[ -z \"$irq\" ] || echo \(mask) >/proc/irq/$irq/smp_affinity")
    }

    private func writeAffinity(using generator: inout some RandomNumberGenerator) async throws {
        let mask = 1 << Int.random(in: 0...Self.vcpus, using: &generator)
        // Refused for those that are placed.
        try await host.run(
            "for irq in $(\(InterruptTable.numbersCommand(describedBy: AssignedDevice.nvme.hostIRQ))); do "
                + "echo \(mask) >/proc/irq/$irq/smp_affinity; done 2>/dev/null; true")
    }

    private func checkLogs(of guest: GuestSession) async throws {
        try await host.checkKernelLog()
        try await guest.checkKernelLog()
        let console = try await host.run("cat /tmp/qemu.log")
        if !console.isEmpty { Console.shared.say("soak: QEMU said: \(console)") }
    }
}
