import Foundation

/// What befalls a guest beside its work: it is stopped, debugged, gets a vCPU more, is reset, and
/// starts another kernel. Each time its assigned device goes on with the right data, and
/// delivery is direct again, with nobody's help.
struct LifecycleChecks: ContentChecks {
    let title = "life cycle"
    let host: HostSession
    let content: SoakContent
    var passed = 0

    private static let device = AssignedDevice.nvme
    /// QEMU's ID of it.
    private static let id = "disk"
    private static let debugger = "/tmp/gdb.sock"

    /// - Returns: how many checks passed.
    /// - Throws: `LabError` for the first that doesn't.
    mutating func run() async throws -> Int {
        let address = try await Self.device.bindToVFIO(on: host)
        let guest = try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                mostVCPUs: 2, reboots: true, memory: 640, unpacksItself: true,
                arguments: "crashkernel=256M",
                devices: [
                    "-device vfio-pci,host=\(address),id=\(Self.id)",
                    Self.disk(GuestSession.packedKernel, id: "kernel"),
                    Self.disk(GuestSession.initramfs, id: "initrd"),
                    "-gdb unix:\(Self.debugger),server=on,wait=off",
                ], modules: Self.modules))
        try await guest.setELI(true)
        try await begin(guest)

        try await checkStops(guest)
        try await checkDebugger(guest)
        try await checkPluggedVCPU(guest)
        try await checkSuspend(guest)
        try await checkReset(guest)
        try await checkKexec(guest)
        try await guest.checkKernelLog()
        try await checkCrash(guest)
        try await guest.quit()
        try await host.checkKernelLog()
        passed += 1
        return passed
    }

    /// What another kernel is loaded from: a disk without MSIs, so that those of `device` are all.
    private static func disk(_ file: String, id: String) -> String {
        "-drive file=\(file),if=none,id=\(id),format=raw,readonly=on "
            + "-device virtio-blk-pci,drive=\(id),vectors=0"
    }

    private static let modules = [device.rawValue, "virtio_blk"]

    private func say(_ what: String) {
        Console.shared.say("\(host.host.name): life cycle: \(what)")
    }

    /// The guest, which has just booted, reads its disk.
    private mutating func begin(_ guest: GuestSession) async throws {
        try await guest.run(AssignedDevice.diskAppears)
        try await guest.noteKernel()
        try await guest.keepBusy(vcpus: 1)
        try await expectAll(guest)
    }

    private mutating func expectAll(_ guest: GuestSession, vcpus: Int = 1) async throws {
        try await expectDisk(Self.id, in: guest, vcpus: vcpus)
    }

    /// Has the guest read its disk while something happens, until `expectAll`.
    private func startReading(_ guest: GuestSession) async throws -> ChecksummedReading {
        let reading = ChecksummedReading(guest: guest, content: content, sources: [.disk])
        try await reading.start()
        return reading
    }

    private mutating func expectAll(
        _ guest: GuestSession, ending reading: ChecksummedReading, vcpus: Int = 1
    ) async throws {
        _ = try await reading.stop()
        try await expectAll(guest, vcpus: vcpus)
    }

    private mutating func checkStops(_ guest: GuestSession) async throws {
        say("stop and cont")
        let reading = try await startReading(guest)
        for _ in 0..<20 {
            try await guest.qmp("stop")
            try await guest.qmp("cont")
        }
        try await expectAll(guest, ending: reading)
    }

    /// A vCPU that is debugged is in injection mode.
    private mutating func checkDebugger(_ guest: GuestSession) async throws {
        say("breakpoints")
        let stops = 20
        let function = try await guest.run("grep ' T ksys_read$' /proc/kallsyms")
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let reading = try await startReading(guest)
        let output = try await host.run(
            "gdbstops \(Self.debugger) 100 \(function.prefix { $0 != " " }) \(stops)",
            timeout: .seconds(120))
        try expect(output.contains("stops=\(stops)"), "the debugger: \(output)")
        try await expectAll(guest, ending: reading)
    }

    /// A vCPU comes, with interrupts of its own, and goes.
    private mutating func checkPluggedVCPU(_ guest: GuestSession) async throws {
        say("a vCPU is plugged and unplugged")
        let id = "vcpu1"
        var reading = try await startReading(guest)
        try await plugVCPU(guest, id)
        try await expectAll(guest, ending: reading, vcpus: 2)
        reading = try await startReading(guest)
        try await guest.unplug(id)
        try await guest.waitUntilGone(id)
        try await expectAll(guest, ending: reading)
    }

    private func plugVCPU(_ guest: GuestSession, _ id: String) async throws {
        let vcpus = try await guest.qmp("query-hotpluggable-cpus") as? [[String: Any]] ?? []
        guard let vcpu = vcpus.first(where: { $0["qom-path"] == nil }),
            let type = vcpu["type"] as? String, var arguments = vcpu["props"] as? [String: Any]
        else { throw LabError("query-hotpluggable-cpus: \(vcpus)") }
        arguments["driver"] = type
        arguments["id"] = id
        let json = try JSONSerialization.data(withJSONObject: arguments)
        try await guest.qmp("device_add", String(decoding: json, as: UTF8.self))
        try await guest.pinVCPUs()
        try await guest.run(
            "d=/sys/devices/system/cpu/cpu1; until [ -e $d ]; do usleep 10000; done; "
                + "[ $(cat $d/online) = 1 ] || echo 1 >$d/online")
        try await guest.keepBusy(vcpus: 2)
    }

    /// The guest suspends to RAM (S3), where its vCPUs and devices lose their state.
    private mutating func checkSuspend(_ guest: GuestSession) async throws {
        say("suspend to RAM")
        let reading = try await startReading(guest)
        // It may sleep before its shell has answered.
        _ = try await host.attempt(
            GuestSession.hostCommand(
                "echo deep >/sys/power/mem_sleep && { echo mem >/sys/power/state & }",
                timeout: .seconds(2)))
        try await guest.waitUntil(status: "suspended")
        try await guest.qmp("system_wakeup")
        try await guest.waitUntil(status: "running")
        try await guest.waitUntilReady([], timeout: .seconds(60))
        let resumed = try await guest.run("cat /sys/power/suspend_stats/success")
        try expect(
            resumed.trimmingCharacters(in: .whitespacesAndNewlines) == "1",
            "times that the guest has suspended: \(resumed)")
        try await expectAll(guest, ending: reading)
    }

    /// Has the guest read its disk as long as its kernel runs.
    private func readUntilTheEnd(_ guest: GuestSession) async throws {
        try await guest.run("while \(AssignedDevice.readContent) >/dev/null; do :; done &")
    }

    private mutating func checkReset(_ guest: GuestSession) async throws {
        say("reset")
        try await readUntilTheEnd(guest)
        try await guest.qmp("system_reset")
        try await guest.waitForNextKernel(Self.modules)
        try await begin(guest)
    }

    private mutating func checkKexec(_ guest: GuestSession) async throws {
        say("kexec")
        try await load(guest, "load", arguments: "")
        try await readUntilTheEnd(guest)
        try await leave(guest, by: "kexec exec")
        try await begin(guest)
    }

    /// The kernel panics, and the one that is started then finds the device as it was left.
    private mutating func checkCrash(_ guest: GuestSession) async throws {
        say("crash kernel")
        try await load(guest, "panic", arguments: " nr_cpus=1 reset_devices")
        try await readUntilTheEnd(guest)
        try await leave(guest, by: "echo c >/proc/sysrq-trigger")
        try await begin(guest)
    }

    /// Loads another kernel, which the guest's takes from files only.
    ///
    /// - Parameters:
    ///   - what: as `kexec` calls it (Tests/Lab/guest/kexec.c).
    ///   - arguments: more of its command line.
    private func load(_ guest: GuestSession, _ what: String, arguments: String) async throws {
        try await guest.run(
            "cat /dev/vda >/tmp/kernel && cat /dev/vdb >/tmp/initrd && "
                + "kexec \(what) /tmp/kernel /tmp/initrd \"$(cat /proc/cmdline)\(arguments)\" && "
                + "rm /tmp/kernel /tmp/initrd", timeout: .seconds(120))
    }

    /// Gives a command that ends the guest's kernel, so that no answer comes.
    private func leave(_ guest: GuestSession, by command: String) async throws {
        _ = try await host.attempt(GuestSession.hostCommand(command, timeout: .seconds(2)))
        try await guest.waitForNextKernel(Self.modules)
    }
}
