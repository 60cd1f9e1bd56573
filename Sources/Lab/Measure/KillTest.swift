/// Kills QEMU while its guest gets interrupts directly: the host must stay whole, and get its
/// device back.
struct KillTest: Sendable {
    let host: HostSession
    /// The nvme's content.
    let content: SoakContent

    /// One guest, one kill.
    func run(using generator: inout some RandomNumberGenerator) async throws {
        let device = AssignedDevice.nvme
        let prepared = try await device.prepare(on: host)
        let guest = try await GuestSession.boot(
            on: host,
            GuestSession.Options(devices: prepared.options, modules: prepared.modules))
        try await guest.setELI(true)
        try await device.startWork(in: guest, vcpus: 1)
        let state = try await guest.eliState()
        guard state.isPlaced else { throw LabError("kill: not all placed: \(state.text)") }

        // Somewhere in the work, at no point that anybody has chosen.
        let microseconds = Int.random(in: 0..<500_000, using: &generator)
        try await kill(by: "usleep \(microseconds); kill -9 $qemu")
    }

    /// Has the QEMU of a guest with the nvme killed, and looks whether the host is whole.
    ///
    /// - Parameter command: of the host, which kills it.
    func kill(by command: String) async throws {
        let cpu = GuestSession.firstVCPUHostCPU
        try await host.run(
            "\(command); while [ -d /proc/$qemu ]; do usleep 10000; done; rm -f /tmp/*.sock")
        try await AssignedDevice.giveBackNVMe(on: host)
        let sum = try await host.run(
            "taskset \(1 << cpu) \(AssignedDevice.readContent) | md5sum")
        guard sum.hasPrefix(content.diskSum) else {
            throw LabError("kill: the host reads wrong data: \(sum)")
        }
        // Timer and IPIs of the CPU that the guest had.
        try await host.run(
            "taskset \(1 << cpu) sh -c 'for i in 1 2 3; do usleep 10000; done'", timeout: .seconds(30))
        try await host.checkKernelLog()
    }
}
