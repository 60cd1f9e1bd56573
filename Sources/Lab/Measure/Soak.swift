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
                modules: disk.modules + network.modules + ["eli_probe"]),
            timeout: .seconds(240))
        try await AssignedDevice.igb.start(in: guest, vcpus: Self.vcpus)
        try await guest.setELI(true)
        try await startReading(in: guest)

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
        let passes = try await stopReading(in: guest)
        try await checkLogs(of: guest)
        try await guest.quit()
        return SoakRun(
            host: host.host.name, emulated: host.host.isEmulated, vcpus: Self.vcpus,
            seconds: (ContinuousClock.now - start) / .seconds(1),
            actions: done.reduce(into: [:]) { $0[$1.key.rawValue] = $1.value },
            toggles: done[.toggle] ?? 0, reads: passes,
            statistics: after.growth(since: before))
    }

    /// Reads the whole disk and a file over the network, again and again, each with its checksum.
    private func startReading(in guest: GuestSession) async throws {
        let sources = [
            ("disk", "dd if=/dev/nvme0n1 bs=16k iflag=direct 2>/dev/null", content.diskSum),
            ("network", "wget -q -O - http://10.0.2.2:\(content.port)/\(content.file)", content.fileSum),
        ]
        for (name, read, sum) in sources {
            try await guest.run(
                "echo 0 >/tmp/\(name); (n=0; while :; do s=$(\(read) | md5sum); "
                    + "if [ \"${s%% *}\" = \(sum) ]; then n=$((n+1)); "
                    + "else echo $s >>/tmp/bad-\(name); fi; echo $n >/tmp/\(name); done) & "
                    + "soak=\"$soak $!\"")
        }
    }

    /// - Returns: how often each source was read, all of them right.
    private func stopReading(in guest: GuestSession) async throws -> [String: Int] {
        // Each must be right once more, now that nothing else happens.
        var passes: [String: Int] = [:]
        for name in ["disk", "network"] {
            let count = try await guest.run(
                "n=$(cat /tmp/\(name)); until [ $(cat /tmp/\(name)) -gt $((n + 1)) ]; do "
                    + "[ ! -e /tmp/bad-\(name) ] || { cat /tmp/bad-\(name); break; }; usleep 100000; done; "
                    + "cat /tmp/\(name)", timeout: .seconds(300))
            guard let number = Int(count.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                throw LabError("soak: \(name): wrong checksum: \(count)")
            }
            passes[name] = number
        }
        try await guest.run("kill $soak")
        return passes
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
        try KernelLog.check(await host.run(KernelLog.command), of: "host")
        try KernelLog.check(await guest.run(KernelLog.command), of: "guest")
        let console = try await host.run("cat /tmp/qemu.log")
        if !console.isEmpty { Console.shared.say("soak: QEMU said: \(console)") }
    }
}
