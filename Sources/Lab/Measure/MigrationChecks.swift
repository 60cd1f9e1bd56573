import Foundation

/// A busy guest migrates between QEMUs with ELI on and off, and goes back to a snapshot, while its
/// device interrupts: none of the interrupts is lost or handled twice, and delivery is direct
/// again where ELI is on, with nobody's help.
struct MigrationChecks: CheckSuite, Sendable {
    let title = "migration"
    let host: HostSession
    var passed = 0

    /// Which of the pulse device's ports the QEMU of the moment has.
    private var port = PulsePort(number: 0)

    init(host: HostSession) {
        self.host = host
    }

    /// Lines that are raised.
    private static let lines = 2

    /// - Returns: how many checks passed.
    /// - Throws: `LabError` for the first that doesn't.
    mutating func run() async throws -> Int {
        say("booting the guest")
        try await host.run("modprobe eli_pulse && \(port.serve) && \(otherPort.serve)")
        let guest = try await GuestSession.boot(on: host, options(eli: true))
        try await AssignedDevice.pulse.start(in: guest, vcpus: 1)
        try await guest.keepBusy(vcpus: 1)
        try await expectHandled(guest, eli: true)
        for eli in [true, false, true] {
            try await checkMigration(of: guest, eli: eli)
        }
        try await checkSnapshot(of: guest)
        try await guest.checkKernelLog()
        try await guest.quit()
        try await host.checkKernelLog()
        passed += 1
        return passed
    }

    private func say(_ what: String) {
        Console.shared.say("\(host.host.name): migration: \(what)")
    }

    /// The port of the QEMU that the guest goes to.
    private var otherPort: PulsePort { PulsePort(number: 1 - port.number) }

    /// Those of a QEMU at `port`.
    private func options(eli: Bool) -> GuestSession.Options {
        GuestSession.Options(
            eli: eli ? "on" : "off",
            devices: [port.options(migrates: true)], modules: ["eli_pulse_guest"])
    }

    /// How many interrupts the guest has handled since it booted.
    private func handledByGuest() async throws -> Int {
        try await host.run("pulse handled @\(port.number)").number(after: "handled=")
    }

    /// The device interrupts, and the guest handles each; with ELI on, directly.
    private mutating func expectHandled(_ guest: GuestSession, eli: Bool) async throws {
        let count = 200
        if eli { try await guest.waitUntilPlaced() }
        let device = AssignedDevice.pulse
        let before = try await host.handled(by: device.hostIRQ)
        // Fails if an interrupt is lost or handled twice.
        let output = try await host.run(
            port.raise(count, lines: Self.lines), timeout: .seconds(120))
        let raised = try output.number(after: "raised=")
        try expect(raised == count * Self.lines, output)
        let byHost = try await host.handled(by: device.hostIRQ) - before
        try expect(
            eli ? byHost < raised / 5 : byHost == raised,
            "with eli=\(eli ? "on" : "off") the host handled \(byHost) of \(raised) interrupts")
    }

    private mutating func checkMigration(of guest: GuestSession, eli: Bool) async throws {
        say("to a QEMU with eli=\(eli ? "on" : "off")")
        let before = try await handledByGuest()
        try await host.startRaising(port, lines: Self.lines)
        port = otherPort
        var raised = 0
        // The last ones that were raised are pending in the local APIC, which migrates.
        var options = options(eli: eli)
        options.files = "/tmp/port\(port.number)-"
        try await guest.migrate(to: options) {
            raised = try await host.stopRaising("INT", timeout: .seconds(120))
                .number(after: "raised=")
        }
        let start = ContinuousClock.now
        while try await handledByGuest() < before + raised,
            ContinuousClock.now - start < .seconds(60) {}
        let handled = try await handledByGuest() - before
        try expect(
            raised > 0 && handled == raised, "\(raised) interrupts raised, \(handled) handled")
        let info = try await guest.qmp("query-eli") as? [String: Any]
        try expect(info?["active"] as? Bool == eli, "query-eli after migration: \(info ?? [:])")
        try await expectHandled(guest, eli: eli)
    }

    private mutating func checkSnapshot(of guest: GuestSession) async throws {
        say("snapshot")
        try await guest.addSnapshotDisk()
        let before = try await handledByGuest()
        try await host.startRaising(port, lines: Self.lines)
        try await guest.saveSnapshot()
        let raised = try await host.stopRaising(timeout: .seconds(120))
            .number(after: "raised=")
        let handled = try await handledByGuest() - before
        try expect(
            raised > 0 && handled == raised, "\(raised) interrupts raised, \(handled) handled")
        try await expectHandled(guest, eli: true)
        for _ in 0..<3 {
            try await guest.loadSnapshot()
            try await expectHandled(guest, eli: true)
        }
    }
}
