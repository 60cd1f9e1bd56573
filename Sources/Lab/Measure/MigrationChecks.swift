import Foundation

/// A busy guest migrates between QEMUs with ELI on and off, and goes back to a snapshot, while its
/// device interrupts: none of the interrupts is lost or handled twice, and delivery is direct
/// again where ELI is on, with nobody's help.
struct MigrationChecks: CheckSuite, Sendable {
    let title = "migration"
    let host: HostSession
    var passed = 0

    /// Which of the pulse device's ports the QEMU of the moment has.
    private var port = 0

    init(host: HostSession) {
        self.host = host
    }

    /// Lines that are raised.
    private static let lines = "0 1"
    private static let lineCount = 2

    /// - Returns: how many checks passed.
    /// - Throws: `LabError` for the first that doesn't.
    mutating func run() async throws -> Int {
        say("booting the guest")
        try await host.run(
            "modprobe eli_pulse && pulse serve \(Self.socket(0)) @0 && "
                + "pulse serve \(Self.socket(1)) @1")
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

    private static func socket(_ port: Int) -> String { "/tmp/pulse\(port).sock" }

    /// Those of a QEMU at `port`.
    private func options(eli: Bool) -> GuestSession.Options {
        GuestSession.Options(
            eli: eli ? "on" : "off",
            devices: [
                "-chardev socket,id=pulse,path=\(Self.socket(port)) "
                    + "-device ivshmem-doorbell,chardev=pulse,vectors=4,master=on"
            ], modules: ["eli_pulse_guest"])
    }

    /// How many interrupts the guest has handled since it booted.
    private func handledByGuest() async throws -> Int {
        try await host.run("pulse handled @\(port)").number(after: "handled=")
    }

    /// The device interrupts, and the guest handles each; with ELI on, directly.
    private mutating func expectHandled(_ guest: GuestSession, eli: Bool) async throws {
        let count = 200
        if eli { try await guest.waitUntilPlaced() }
        let device = AssignedDevice.pulse
        let before = try await host.handled(by: device.hostIRQ)
        // Fails if an interrupt is lost or handled twice.
        let output = try await host.run(
            "taskset 1 pulse raise \(count) \(Self.lines) @\(port)", timeout: .seconds(120))
        let raised = try output.number(after: "raised=")
        try expect(raised == count * Self.lineCount, output)
        let byHost = try await host.handled(by: device.hostIRQ) - before
        try expect(
            eli ? byHost < raised / 5 : byHost == raised,
            "with eli=\(eli ? "on" : "off") the host handled \(byHost) of \(raised) interrupts")
    }

    private func startRaising() async throws {
        try await host.run(
            "taskset 1 pulse raise 0 \(Self.lines) @\(port) >/tmp/pulse.log 2>&1 & pulse=$!")
    }

    /// - Parameter signal: TERM waits until the guest has handled the last ones, INT doesn't.
    /// - Returns: how many were raised.
    private func stopRaising(_ signal: String) async throws -> Int {
        let log = try await host.run(
            "kill -\(signal) $pulse; while [ -d /proc/$pulse ]; do usleep 10000; done; "
                + "cat /tmp/pulse.log", timeout: .seconds(120))
        return try log.number(after: "raised=")
    }

    private mutating func checkMigration(of guest: GuestSession, eli: Bool) async throws {
        say("to a QEMU with eli=\(eli ? "on" : "off")")
        let before = try await handledByGuest()
        try await startRaising()
        let source = self
        port = 1 - port
        var raised = 0
        // The last ones that were raised are pending in the local APIC, which migrates.
        var options = options(eli: eli)
        options.files = "/tmp/port\(port)-"
        try await guest.migrate(to: options) {
            raised = try await source.stopRaising("INT")
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
        try await startRaising()
        try await guest.saveSnapshot()
        let raised = try await stopRaising("TERM")
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
