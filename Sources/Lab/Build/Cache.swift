import Foundation

/// Artifacts keyed by everything that went into them: the same key is never built twice.
struct Cache: Sendable {
    let folder: String

    /// Finds an artifact, or has it built.
    ///
    /// - Parameters:
    ///   - name: for people; artifacts of one name replace each other when they get old.
    ///   - inputs: everything that decides the content: versions, flags, and digests of files.
    ///   - build: fills the empty folder it is given. That folder is moved into place only when
    ///     `build` returns, so a killed build leaves nothing that looks finished.
    /// - Returns: the artifact's folder, to be treated as read-only.
    func artifact(
        _ name: String, inputs: [String], build: (String) async throws -> Void
    ) async throws -> String {
        let path = try await path(name, inputs: inputs)
        let files = FileManager.default
        if files.fileExists(atPath: path) {
            // Remember when it was last of use.
            try? files.setAttributes([.modificationDate: Date()], ofItemAtPath: path)
            return path
        }
        let started = ContinuousClock.now
        let unfinished = "\(folder)/unfinished-\(name)-\(UUID().uuidString)"
        try files.createDirectory(atPath: unfinished, withIntermediateDirectories: true)
        defer { try? files.removeItem(atPath: unfinished) }
        try await build(unfinished)
        if rename(unfinished, path) != 0 && !files.fileExists(atPath: path) {
            throw LabError("can't move \(name) into \(folder): \(String(cString: strerror(errno)))")
        }
        let seconds = (ContinuousClock.now - started).components.seconds
        Console.shared.say("\(name): built in \(seconds) s")
        return path
    }

    /// Whether an artifact is there already.
    func has(_ name: String, inputs: [String]) async throws -> Bool {
        try await FileManager.default.fileExists(atPath: path(name, inputs: inputs))
    }

    private func path(_ name: String, inputs: [String]) async throws -> String {
        let digest = try await Self.digest(inputs.joined(separator: "\n"))
        return "\(folder)/\(name)-\(digest.prefix(16))"
    }

    /// Removes what killed builds left, and all but the newest artifacts of each name.
    func prune(keep: Int = 4) {
        let files = FileManager.default
        let entries = (try? files.contentsOfDirectory(atPath: folder)) ?? []
        var artifacts: [Substring: [(path: String, used: Date)]] = [:]
        for entry in entries {
            let path = "\(folder)/\(entry)"
            let used = (try? files.attributesOfItem(atPath: path)[.modificationDate]) as? Date
            if entry.hasPrefix("unfinished-") {
                // Another lab may be at it right now.
                if let used, used.timeIntervalSinceNow < -6 * 3600 {
                    try? files.removeItem(atPath: path)
                }
            } else if let dash = entry.lastIndex(of: "-"), entry[dash...].count == 17 {
                artifacts[entry[..<dash], default: []].append((path, used ?? .distantPast))
            }
        }
        for versions in artifacts.values {
            for old in versions.sorted(by: { $0.used > $1.used }).dropFirst(keep) {
                try? files.removeItem(atPath: old.path)
            }
        }
    }

    /// SHA-256 of a text, in hexadecimal.
    static func digest(_ text: String) async throws -> String {
        String(try await Command("sha256sum", []).output(input: text).prefix(64))
    }

    /// What the files below `paths` hold: their names and SHA-256, in a fixed order. Folders are
    /// descended into.
    static func contents(of paths: [String], relativeTo root: String) async throws -> String {
        var names: [String] = []
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder)
            else { throw LabError("\(path) is missing") }
            if isFolder.boolValue {
                let below = FileManager.default.enumerator(atPath: "\(root)/\(path)")
                for case let name as String in below ?? .init() {
                    var isInnerFolder: ObjCBool = false
                    let full = "\(root)/\(path)/\(name)"
                    if FileManager.default.fileExists(atPath: full, isDirectory: &isInnerFolder),
                        !isInnerFolder.boolValue {
                        names.append("\(path)/\(name)")
                    }
                }
            } else {
                names.append(path)
            }
        }
        return try await Command("sha256sum", ["--"] + names.sorted(), in: root).output()
    }
}
