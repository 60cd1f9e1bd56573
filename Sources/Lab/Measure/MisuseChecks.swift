import Foundation

/// What people on the host do while a guest's interrupts are direct: they take the modules away, give
/// the device to a second QEMU, and run out of memory.
struct MisuseChecks: ContentChecks {
    let title = "misuse"
    let host: HostSession
    let content: SoakContent
    var passed = 0

    private static let device = AssignedDevice.nvme
    /// QEMU's ID of the device.
    private static let id = "disk"

    /// - Returns: how many checks passed.
    /// - Throws: `LabError` for the first that doesn't.
    mutating func run() async throws -> Int {
        let address = try await Self.device.bindToVFIO(on: host)
        let guest = try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                devices: ["-device vfio-pci,host=\(address),id=\(Self.id)"],
                modules: [Self.device.rawValue]))
        try await guest.keepBusy(vcpus: 1)
        try await guest.setELI(true)
        try await expectDisk(Self.id, in: guest, vcpus: 1)
        try await checkModules(guest)
        try await checkSecondQEMU(guest, address)
        try await guest.checkKernelLog()
        try await checkOutOfMemory()
        try await host.checkKernelLog()
        passed += 1
        return passed
    }

    private func say(_ what: String) {
        Console.shared.say("\(host.host.name): misuse: \(what)")
    }

    private mutating func checkModules(_ guest: GuestSession) async throws {
        say("the modules are to be unloaded")
        for module in [host.host.vendorModule, "kvm"] {
            let answer = try await host.attempt("rmmod \(module) 2>&1")
            try expect(answer.status != 0, "rmmod \(module) is refused")
        }
        try await expectDisk(Self.id, in: guest, vcpus: 1)
    }

    private mutating func checkSecondQEMU(_ guest: GuestSession, _ address: String) async throws {
        say("a second QEMU wants the device")
        let answer = try await host.tryQEMU(
            "-accel kvm,eli=on -machine q35 -cpu host -m 64 -device vfio-pci,host=\(address)")
        try expect(
            answer.status != 0 && answer.output.contains("Device or resource busy"),
            "a second QEMU gets the device: \(answer.output)")
        try await expectDisk(Self.id, in: guest, vcpus: 1)
    }

    /// The kernel kills QEMU in the middle of the guest's work.
    private mutating func checkOutOfMemory() async throws {
        say("the host is out of memory")
        try await KillTest(host: host, content: content).kill(
            by: "echo 1000 >/proc/$qemu/oom_score_adj && echo f >/proc/sysrq-trigger")
        passed += 1
        let killed = try await host.run("dmesg | grep 'Out of memory: Killed process' || true")
        try expect(killed.contains("qemu-system"), "the kernel has killed QEMU: \(killed)")
    }
}
