/// A guest whose assigned device has only its pin to interrupt with: such interrupts are injected, and
/// query-eli tells why.
struct PinChecks: ContentChecks {
    let title = "pin interrupts"
    let host: HostSession
    let content: SoakContent
    var passed = 0

    /// QEMU's ID of the device.
    private static let id = "disk"

    /// - Returns: how many checks passed.
    /// - Throws: `LabError` for the first that doesn't.
    mutating func run() async throws -> Int {
        Console.shared.say("\(host.host.name): booting a guest without MSIs")
        let device = AssignedDevice.nvme
        let address = try await device.bindToVFIO(on: host)
        let guest = try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                arguments: "pci=nomsi",
                devices: ["-device vfio-pci,host=\(address),id=\(Self.id)"],
                modules: [device.rawValue]))
        try await guest.qmp("eli-set", "{\"enabled\": true}")
        try await expectContent(of: guest, timeout: .seconds(240))
        let state = try await guest.eliState()
        try expect(
            state.routes.allSatisfy { $0.device != Self.id }
                && state.pins.contains { $0.device == Self.id && $0.reason == "pin-interrupt" },
            "query-eli tells of the pin: \(state.text)")
        let text = try await guest.monitor("info eli")
        try expect(text.contains("\(Self.id)[INTA]: injected"), "info eli: \(text)")
        try await guest.checkKernelLog()
        try await guest.quit()
        return passed
    }
}
