import Foundation

/// Finds paths of the machine that built them in packages: they tell users nothing, and programs
/// that look there may load what anyone has put there.
struct PackagePaths {
    /// Beginnings of paths that no other machine has to have.
    private let beginnings: [String]
    private let scratch: String

    init(_ lab: Workshop) {
        // Of the home folder what is hidden: "/root/" alone is in other words, too.
        beginnings = [lab.paths.root + "/", lab.paths.cache + "/", NSHomeDirectory() + "/."]
        scratch = lab.paths.lab + "/deb/unpacked"
    }

    /// - Throws: `LabError` that names the files.
    func check(_ packages: [String]) async throws {
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        for package in packages {
            try? FileManager.default.removeItem(atPath: scratch)
            _ = try await Command("dpkg-deb", ["-x", package, scratch]).output()
            let found = try await Command(
                "sh",
                ["-c", #"cd "$0" && grep -rlaF "$@" . || [ $? = 1 ]"#, scratch]
                    + beginnings.flatMap { ["-e", $0] }
            ).output()
            guard found.isEmpty else {
                throw LabError(
                    "\(package.lastPathComponent) has a path of this machine in:\n\(found)")
            }
            let searched = try await Command(
                "sh",
                ["-c",
                 #"find "$0" -type f -exec readelf -d {} + 2>/dev/null | grep -E 'R(UN)?PATH' || true"#,
                 scratch]
            ).output()
            guard searched.isEmpty else {
                throw LabError(
                    "\(package.lastPathComponent) looks for libraries elsewhere:\n\(searched)")
            }
        }
    }
}
