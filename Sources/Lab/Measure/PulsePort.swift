/// A port of the pulse device (Tests/Lab/host/pulse.c): one QEMU has it, or the host itself.
struct PulsePort: Sendable {
    let number: Int

    /// Lines of each: interrupts of a guest's.
    static let lines = 4

    private var socket: String { "/tmp/pulse\(number).sock" }

    /// The host's command that makes it ready for a QEMU.
    var serve: String { "pulse serve \(socket) @\(number)" }

    /// QEMU's options for it.
    ///
    /// - Parameter migrates: whether the device goes along with a guest that migrates.
    func options(migrates: Bool = false) -> String {
        "-chardev socket,id=pulse,path=\(socket) "
            + "-device ivshmem-doorbell,chardev=pulse,vectors=\(Self.lines)"
            + (migrates ? ",master=on" : "")
    }

    /// The host's command that raises each of the first lines `count` times, or for 0 until it is
    /// stopped, each time once the guest has handled the last.
    func raise(_ count: Int, lines: Int) -> String {
        let lines = (0..<lines).map(String.init).joined(separator: " ")
        return "taskset 1 pulse raise \(count) \(lines) @\(number)"
    }
}

extension HostSession {
    /// Has the first lines of a port raised until `stopRaising`.
    func startRaising(_ port: PulsePort, lines: Int) async throws {
        try await run("\(port.raise(0, lines: lines)) >/tmp/pulse.log 2>&1 & pulse=$!")
    }

    /// - Parameter signal: TERM waits until the guest has handled the last ones, INT doesn't.
    /// - Returns: what was printed: how many were raised and how many handled.
    func stopRaising(
        _ signal: String = "TERM", timeout: Duration = .seconds(60)
    ) async throws -> String {
        // Not `wait`, see GuestSession.quit().
        try await run(
            "kill -\(signal) $pulse; while [ -d /proc/$pulse ]; do usleep 10000; done; "
                + "cat /tmp/pulse.log", timeout: timeout)
    }

    /// Loads kvm for the pulse device in a host that remaps interrupts: its own are not remapped,
    /// so nothing isolates them.
    ///
    /// - Parameter parameters: more of kvm's.
    func loadKVMForPulse(parameters: String = "") async throws {
        try await loadKVM(parameters: "eli_allow_unsafe_interrupts=1 \(parameters)")
    }
}
