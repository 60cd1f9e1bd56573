/// A port of the pulse device (Tests/Lab/host/pulse.c): one QEMU has it, or the host itself.
struct PulsePort: Sendable {
    let number: Int

    /// Lines of each: interrupts of a guest's.
    static let lines = 4

    /// That of the host itself, which no QEMU has.
    static let host = PulsePort(number: 2)

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
    /// stopped, each time once the last has been handled: by the guest, or by the host if the port
    /// is its own.
    func raise(_ count: Int, lines: Int) -> String {
        let lines = (0..<lines).map(String.init).joined(separator: " ")
        let command = number == Self.host.number ? "host" : "raise"
        return "taskset 1 pulse \(command) \(count) \(lines) @\(number)"
    }
}

extension HostSession {
    /// Has a CPU get the interrupts of a port's line.
    func bind(line: Int, of port: PulsePort, to cpu: Int) async throws {
        // After all others, the lines of a port are the host's irqs in order.
        let irqs = try await interrupts(describedBy: AssignedDevice.pulse.hostIRQ)
            .rows(describedBy: AssignedDevice.pulse.hostIRQ).map(\.label)
        let irq = irqs[port.number * PulsePort.lines + line]
        try await run("echo \(cpu) >/proc/irq/\(irq)/smp_affinity_list")
    }

    /// Has the first lines of a port raised until `stopRaising`.
    func startRaising(_ port: PulsePort, lines: Int) async throws {
        try await run("\(port.raise(0, lines: lines)) >/tmp/pulse.log 2>&1 & pulse=$!")
    }

    /// - Parameter signal: TERM waits until the last ones have been handled, INT doesn't.
    /// - Returns: what was printed: how many were raised and how many handled.
    func stopRaising(
        _ signal: String = "TERM", timeout: Duration = .seconds(60)
    ) async throws -> String {
        // Not `wait`, see quitQEMU().
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
