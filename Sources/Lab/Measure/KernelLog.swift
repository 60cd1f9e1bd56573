import Foundation

/// What a kernel says when something is wrong.
private enum KernelLog {
    /// Prints it, in a host or a guest.
    static let command =
        "dmesg | grep -E 'WARNING|BUG|Oops|nobody cared|[Tt]imed? ?out|NETDEV WATCHDOG|lockup|unknown reason' || true"

    /// - Parameters:
    ///   - output: what `command` printed.
    ///   - place: whose kernel it is.
    /// - Throws: `LabError` if there is anything.
    static func check(_ output: String, of place: String) throws {
        let found = output.trimmingCharacters(in: .whitespacesAndNewlines)
        guard found.isEmpty else { throw LabError("the \(place)'s kernel says: \(found)") }
    }
}

extension HostSession {
    /// - Throws: `LabError` if the host's kernel has complained.
    func checkKernelLog() async throws {
        try KernelLog.check(await run(KernelLog.command), of: "host")
    }
}

extension GuestSession {
    /// - Throws: `LabError` if the guest's kernel has complained.
    func checkKernelLog() async throws {
        try KernelLog.check(await run(KernelLog.command), of: "guest")
    }
}
