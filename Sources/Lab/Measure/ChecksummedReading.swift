import Foundation

/// A guest reads from its devices over and over, each time with a checksum.
struct ChecksummedReading: Sendable {
    enum Source: String, CaseIterable, Sendable {
        case disk, network
    }

    let guest: GuestSession
    /// What it reads, and from where.
    let content: SoakContent
    var sources = Source.allCases

    private func command(_ source: Source) -> (read: String, sum: String) {
        switch source {
        case .disk: (AssignedDevice.readContent, content.diskSum)
        case .network: (content.download, content.fileSum)
        }
    }

    func start() async throws {
        for source in sources {
            let (read, sum) = command(source)
            let name = source.rawValue
            try await guest.run(
                "echo 0 >/tmp/\(name); (n=0; while :; do s=$(\(read) | md5sum); "
                    + "if [ \"${s%% *}\" = \(sum) ]; then n=$((n+1)); "
                    + "else echo $s >>/tmp/bad-\(name); fi; "
                    // Whoever looks never finds it empty.
                    + "echo $n >/tmp/\(name).new; mv /tmp/\(name).new /tmp/\(name); done) & "
                    + "reader_\(name)=$!")
        }
    }

    /// Waits until each source was read once more, from its start to its end.
    ///
    /// - Returns: how often each was read.
    /// - Throws: `LabError` if any data were wrong.
    private func check() async throws -> [String: Int] {
        var passes: [String: Int] = [:]
        for name in sources.map(\.rawValue) {
            let count = try await guest.run(
                "n=$(cat /tmp/\(name)); until [ $(cat /tmp/\(name)) -gt $((n + 1)) ]; do "
                    + "[ ! -e /tmp/bad-\(name) ] || { cat /tmp/bad-\(name); break; }; usleep 100000; "
                    + "done; cat /tmp/\(name)", timeout: .seconds(300))
            guard let number = Int(count.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                throw LabError("\(name): wrong checksum: \(count)")
            }
            passes[name] = number
        }
        return passes
    }

    /// Ends it after a last `check`; others that read from other sources go on.
    func stop() async throws -> [String: Int] {
        let passes = try await check()
        try await guest.run("kill \(sources.map { "$reader_\($0.rawValue)" }.joined(separator: " "))")
        return passes
    }
}
