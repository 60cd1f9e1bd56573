import Foundation

/// A series of patches in `qemu-patches/`, in the order of its `series` file.
struct PatchSeries: Sendable {
    /// Absolute paths.
    let patches: [String]
    /// Changes whenever a patch does.
    let digest: String

    /// - Parameters:
    ///   - folder: relative to `root`.
    ///   - list: name of the file that lists the patches.
    init(folder: String, list: String = "series", root: String) async throws {
        let path = "\(root)/\(folder)/\(list)"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw LabError("\(folder)/\(list) is missing")
        }
        let names = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
            .filter { !$0.isEmpty && !$0.hasPrefix("#") }
        patches = names.map { "\(root)/\(folder)/\($0)" }
        digest = try await Cache.contents(
            of: names.map { "\(folder)/\($0)" }, relativeTo: root)
    }

    /// Applies all of them. Offsets are accepted, fuzz is an error.
    func apply(to source: String, log: String) async throws {
        for patch in patches {
            try await apply(patch, to: source, log: log)
        }
    }

    /// Applies one of them.
    func apply(_ patch: String, to source: String, log: String) async throws {
        try await Command(
            "patch", ["-p1", "--fuzz=0", "--no-backup-if-mismatch", "-s", "-i", patch], in: source
        ).run("applying \(patch.lastPathComponent)", log: log)
    }
}
