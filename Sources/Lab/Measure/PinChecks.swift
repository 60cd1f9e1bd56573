/// A guest whose assigned device has only its pin to interrupt with: such interrupts are injected, and
/// query-eli tells why.
struct PinChecks: CheckSuite, Sendable {
    let title = "pin interrupts"
    let host: HostSession
    let content: SoakContent
    var passed = 0

    init(host: HostSession, content: SoakContent) {
        self.host = host
        self.content = content
    }

    /// QEMU's ID of the device.
    private static let id = "disk"

    /// - Returns: how many checks passed.
    /// - Throws: `LabError` for the first that doesn't.
    mutating func run() async throws -> Int {
        Console.shared.say("\(host.host.name): booting a guest without MSIs")
        let device = AssignedDevice.nvme
        let address = try await device.pciAddress(on: host)
        try await AssignedDevice.bindToVFIO(address, on: host)
        let guest = try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                arguments: "pci=nomsi",
                devices: ["-device vfio-pci,host=\(address),id=\(Self.id)"],
                modules: [device.rawValue]),
            timeout: .seconds(240))
        try await guest.qmp("eli-set", "{\"enabled\": true}")
        let sum = try await guest.run("\(AssignedDevice.readAll) | md5sum", timeout: .seconds(240))
        try expect(sum.contains(content.diskSum), "the disk's checksum is \(sum)")
        let state = try await guest.eliState()
        try expect(
            state.routes.allSatisfy { $0.device != Self.id }
                && state.pins.contains { $0.device == Self.id && $0.reason == "pin-interrupt" },
            "query-eli tells of the pin: \(state.text)")
        let text = try await guest.monitor("info eli")
        try expect(text.contains("\(Self.id)[INTA]: injected"), "info eli: \(text)")
        try KernelLog.check(await guest.run(KernelLog.command), of: "guest")
        try await guest.quit()
        return passed
    }
}
