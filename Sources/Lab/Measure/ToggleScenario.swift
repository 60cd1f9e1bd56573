import Foundation

/// Switches ELI over and over while a device interrupts all vCPUs: the guest handles each interrupt
/// exactly once, whichever way it came. It has PV EOI, as QEMU's guests do unless told otherwise.
struct ToggleScenario: Sendable {
    let host: HostSession
    let kernel: KernelPackage
    let qemuVersion: String

    private static let vcpus = 2

    func run(_ device: AssignedDevice, toggles: Int) async throws -> ToggleRun {
        let name = "\(host.host.name)/\(device.rawValue)"
        Console.shared.say("\(name): booting the guest")
        let prepared = try await device.prepare(on: host)
        let guest = try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                vcpus: Self.vcpus, hasPVEOI: true, devices: prepared.options,
                modules: prepared.modules))
        try await device.start(in: guest, vcpus: Self.vcpus)
        _ = try await device.pinIRQs(on: host, vcpus: Self.vcpus)
        try await guest.keepBusy(vcpus: Self.vcpus)
        try await guest.setELI(true)

        let before = try await (
            guest: guest.handled(by: device.guestIRQ), host: host.handled(by: device.hostIRQ),
            statistics: guest.statistics(), nvme: host.raisedByNVMe())
        Console.shared.say("\(name): switching ELI \(toggles) times")
        let start = ContinuousClock.now
        try await device.startWork(in: guest, vcpus: Self.vcpus)
        let output = try await guest.toggleELI(toggles)
        let log = try await device.stopWork(in: guest)
        let elapsed = ContinuousClock.now - start
        let statistics = try await guest.statistics().growth(since: before.statistics)
        let handled = try await guest.handled(by: device.guestIRQ) - before.guest
        let raised = device == .pulse
            ? try log.number(after: "raised=") : host.raisedByNVMe() - before.nvme
        let run = ToggleRun(
            host: host.host.name, emulated: host.host.isEmulated, kernel: kernel.release,
            qemu: qemuVersion, device: device.rawValue, vcpus: Self.vcpus, toggles: toggles,
            toggle_us_median: Double(try output.number(after: "median_us=")),
            toggle_us_worst: Double(try output.number(after: "worst_us=")),
            raised: raised, guest_handled: handled,
            host_handled: try await host.handled(by: device.hostIRQ) - before.host,
            lost: raised - handled, seconds: elapsed / .seconds(1), statistics: statistics)
        try await check(run, guest)
        try await guest.quit()
        return run
    }

    /// - Throws: `LabError` if an interrupt was lost or handled twice, or a kernel complains.
    private func check(_ run: ToggleRun, _ guest: GuestSession) async throws {
        guard run.lost == 0, run.raised > 0 else {
            throw LabError("\(run.raised) interrupts raised, \(run.guest_handled) handled")
        }
        let entered = run.statistics["eli_to_direct"] ?? 0
        guard entered >= run.toggles / 2 else {
            throw LabError("\(entered) times to direct mode with \(run.toggles) switches")
        }
        let state = try await guest.eliState()
        guard state.isPlaced else { throw LabError("in the end, not all placed: \(state.text)") }
        try await host.checkKernelLog()
        try await guest.checkKernelLog()
    }
}
