import Foundation

/// A VMM that lies (Tests/Lab/host/kvm-fuzz.c): whatever it asks KVM for, the host loses none of
/// its own interrupts, its kernel has nothing to complain of, and a guest runs afterwards.
struct KVMFuzz: CheckSuite, Sendable {
    let title = "random calls of KVM"
    let host: HostSession
    let duration: Duration
    let seed: UInt64
    /// Whether the host's kernel finds errors in itself.
    let isDebugKernel: Bool
    var passed = 0

    /// - Returns: what was done.
    /// - Throws: `LabError` for what went wrong.
    mutating func run() async throws -> String {
        // Whatever a kernel that hangs says about it is on its console.
        try await host.run("dmesg -n 5; modprobe eli_pulse")
        // On the CPUs of the vCPUs by turns.
        for line in 0..<PulsePort.lines {
            try await host.bind(
                line: line, of: .host, to: GuestSession.firstVCPUHostCPU + line % 2)
        }
        try await host.startRaising(.host, lines: PulsePort.lines)
        Console.shared.say("\(host.host.name): random calls of KVM for \(duration)")
        let report = try await host.run(
            "kvm-fuzz \(duration.components.seconds) \(seed) \(host.host.maxLatency)",
            timeout: duration * (host.host.isSingleThreaded ? 40 : 2) + .seconds(120)
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        try await host.checkKernelLog()
        if isDebugKernel { try await checkDebugging() }
        let own = try await host.stopRaising()
        try expect(
            try own.number(after: "lost=") == 0 && own.number(after: "raised=") > 0,
            "the host's own interrupts: \(own)")
        // Guests were in direct mode, and not all calls were wrong. A round whose guest can't run
        // any more fails at once, and as often as there is time.
        try expect(try report.number(after: "direct=") > 0, report)
        try expect(
            try report.number(after: "succeeded=") > 10 * report.number(after: "rounds="), report)
        try expect(
            try await host.attempt("kvm-configure").status == 0, "KVM is as it was before")
        return "\(host.host.name): \(report), host's own interrupts: \(own)"
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// KASAN and lockdep, which ends with the first error and with too many locks, have looked.
    private mutating func checkDebugging() async throws {
        for (what, command) in [
            ("KASAN", "dmesg | grep -q 'KernelAddressSanitizer initialized'"),
            ("lockdep", "grep -q 'debug_locks: *1$' /proc/lockdep_stats"),
        ] {
            try expect(try await host.attempt(command).status == 0, "\(what) has looked")
        }
    }
}

extension Bench {
    /// A job for each host.
    ///
    /// - Parameters:
    ///   - duration: about how long; a host's clock goes by its own time, of which a second takes
    ///     Bochs twenty.
    ///   - isWanted: whether a host is to do it.
    func kvmFuzz(
        duration: Duration, seed: UInt64, where isWanted: (any LabHost) -> Bool = { _ in true }
    ) async throws -> [@Sendable () async throws -> String] {
        stands.filter { isWanted($0.host) }.map { stand in
            let duration = stand.host.isSingleThreaded ? duration / 20 : duration
            return {
                try await stand.host.boot(
                    image: image, lab: lab, limit: .seconds(3600), purpose: "kvm-fuzz"
                ) { session in
                    try await session.loadKVMForPulse()
                    var fuzz = KVMFuzz(
                        host: session, duration: duration, seed: seed,
                        isDebugKernel: kernel.isDebugKernel)
                    return try await fuzz.run()
                }
            }
        }
    }
}
