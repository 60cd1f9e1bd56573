import Foundation

/// A guest that goes from one QEMU to another, or back to what it was.
extension GuestSession {
    /// Starts another QEMU and has the guest go there. This session is with the guest, so with that
    /// QEMU then; its vCPUs are pinned as those of the first one, which is gone.
    ///
    /// - Parameters:
    ///   - options: the other QEMU's, the same machine. Its `files` are not this QEMU's, which
    ///     removes its sockets at its end.
    ///   - whileStopped: what to do when the guest is stopped here, and has yet to go on there.
    func migrate(
        to options: Options, whileStopped: () async throws -> Void
    ) async throws {
        let incoming = Self.files + "migration.sock"
        try await host.startQEMU(
            "\(Self.commandLine(options, on: host.host)) -incoming unix:\(incoming)",
            as: "incoming", sockets: [options.files + Self.monitorName, incoming])
        try await qmp(
            "migrate-set-capabilities",
            "{\"capabilities\": [{\"capability\": \"pause-before-switchover\", \"state\": true}]}")
        try await qmp("migrate", "{\"uri\": \"unix:\(incoming)\"}")
        try await waitForMigration("pre-switchover")
        try await whileStopped()
        try await qmp("migrate-continue", "{\"state\": \"pre-switchover\"}")
        try await waitForMigration("completed")
        try await quit()
        try await host.run(
            [Self.monitorName, Self.serialName, Self.consoleName].map {
                "mv \(options.files)\($0) \(Self.files)\($0)"
            }.joined(separator: " && ") + " && mv /tmp/incoming.log /tmp/qemu.log; qemu=$incoming")
        try await pinVCPUs()
        try await qmp("cont")
    }

    private func waitForMigration(_ wanted: String) async throws {
        let start = ContinuousClock.now
        while true {
            let info = try await qmp("query-migrate") as? [String: Any] ?? [:]
            let status = info["status"] as? String ?? "none"
            if status == wanted { return }
            guard status != "failed", status != "completed",
                ContinuousClock.now - start < .seconds(240)
            else {
                let log = try await host.attempt("cat /tmp/qemu.log /tmp/incoming.log")
                throw LabError("migration is \(status), not \(wanted): \(info)\n\(log.output)")
            }
        }
    }

    /// Makes a disk of QEMU's own that holds snapshots; the guest doesn't see it.
    func addSnapshotDisk() async throws {
        let file = "{\"driver\": \"file\", \"filename\": \"/tmp/snapshots\""
        try await runJob("blockdev-create", "\"options\": \(file), \"size\": 0}")
        try await qmp("blockdev-add", file + ", \"node-name\": \"snapshot-file\"}")
        try await runJob(
            "blockdev-create",
            "\"options\": {\"driver\": \"qcow2\", \"file\": \"snapshot-file\", \"size\": 65536}")
        try await qmp(
            "blockdev-add",
            "{\"driver\": \"qcow2\", \"file\": \"snapshot-file\", \"node-name\": \"snapshots\"}")
    }

    func saveSnapshot() async throws {
        try await runJob("snapshot-save", Self.snapshot)
    }

    func loadSnapshot() async throws {
        try await runJob("snapshot-load", Self.snapshot)
    }

    private static let snapshot =
        "\"tag\": \"lab\", \"vmstate\": \"snapshots\", \"devices\": [\"snapshots\"]"

    /// Starts a job and waits until it has succeeded.
    private func runJob(_ command: String, _ arguments: String) async throws {
        try await qmp(command, "{\"job-id\": \"lab\", \(arguments)}")
        let start = ContinuousClock.now
        while true {
            let jobs = try await qmp("query-jobs") as? [[String: Any]] ?? []
            guard let job = jobs.first(where: { $0["id"] as? String == "lab" }),
                ContinuousClock.now - start < .seconds(240)
            else { throw LabError("\(command): \(jobs)") }
            guard job["status"] as? String == "concluded" else { continue }
            if let error = job["error"] { throw LabError("\(command): \(error)") }
            try await qmp("job-dismiss", "{\"id\": \"lab\"}")
            return
        }
    }
}
