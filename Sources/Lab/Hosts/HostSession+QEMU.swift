/// QEMUs in a host, each by its monitor.
extension HostSession {
    /// Starts one and waits for its sockets.
    ///
    /// - Parameters:
    ///   - name: the shell's variable that gets its process id; its output is in /tmp/NAME.log.
    ///   - sockets: that it makes, the monitor's among them.
    /// - Throws: `LabError` with QEMU's own message if it refuses.
    func startQEMU(_ command: String, as name: String, sockets: [String]) async throws {
        let log = "/tmp/\(name).log"
        try await run("\(command) >\(log) 2>&1 & \(name)=$!")
        let waits = sockets.map {
            "{ while [ ! -S \($0) ] && [ -d /proc/$\(name) ]; do usleep 50000; done; [ -S \($0) ]; }"
        }
        try await run(waits.joined(separator: " && ") + " || { cat \(log); false; }")
    }

    /// Ends a QEMU and waits until it is gone.
    ///
    /// - Parameters:
    ///   - name: as it was started.
    ///   - sockets: of its own, beside its monitor's.
    func quitQEMU(
        _ name: String, monitor: String, sockets: [String] = [], timeout: Duration = .seconds(60)
    ) async throws {
        _ = try await qmp("quit", monitor: monitor)
        // Not `wait`: busybox's hangs for a job that has ended already. Any other child that ends
        // makes the shell reap it.
        try await run(
            "while [ -d /proc/$\(name) ]; do usleep 50000; done; "
                + "rm -f \(([monitor] + sockets).joined(separator: " "))", timeout: timeout)
    }

    /// QEMU as a person would start it, without a guest; it ends at once if it starts.
    ///
    /// - Parameter lockable: MiB that it may lock; nil: any.
    /// - Returns: what it says.
    func tryQEMU(_ options: String, lockable: Int? = nil) async throws -> SerialShell.Answer {
        try await attempt(
            "echo quit | \(Self.locking(lockable))timeout 120 qemu-system-x86_64 -L /share \(options) "
                + "-nodefaults -display none -S -monitor stdio 2>&1", timeout: .seconds(240))
    }

    /// What stands before a command that may lock no more than so many MiB.
    static func locking(_ megabytes: Int?) -> String {
        megabytes.map { "memlock \($0) " } ?? ""
    }

    /// Sends a QMP command.
    ///
    /// - Parameter arguments: a JSON object.
    /// - Returns: what its "return" holds.
    func qmp(
        _ command: String, _ arguments: String = "{}", monitor: String,
        timeout: Duration = .seconds(140)
    ) async throws -> Any {
        let line = try await run(
            GuestSession.hostCommand(qmp: command, arguments, monitor: monitor),
            timeout: timeout)
        return try GuestSession.result(ofQMP: command, line)
    }

    /// Pins vCPU n of a QEMU to CPU `first` + n.
    ///
    /// - Parameter isStrict: whether each runs on that CPU alone; else CPU `first` is every vCPU's
    ///   second.
    func pinVCPUs(monitor: String, first: Int, isStrict: Bool = true) async throws {
        let vcpus = try await qmp("query-cpus-fast", monitor: monitor) as? [[String: Any]] ?? []
        for vcpu in vcpus {
            guard let index = vcpu["cpu-index"] as? Int, let thread = vcpu["thread-id"] as? Int
            else { throw LabError("query-cpus-fast: no thread-id") }
            let mask = String(1 << (index + first) | (isStrict ? 0 : 1 << first), radix: 16)
            try await run("taskset -p 0x\(mask) \(thread) >/dev/null")
        }
    }
}
