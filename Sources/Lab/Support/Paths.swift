import Foundation

/// Where the lab finds and puts its files.
struct Paths: Sendable {
    /// The project's clone.
    let root: String
    /// Reports, logs and the state of runs; inside the clone, ignored by git.
    let lab: String
    /// Downloads and builds, keyed by content; outside the clone, so that a new clone finds them.
    let cache: String

    /// - Throws: if the current folder isn't the project's.
    init() throws {
        let files = FileManager.default
        root = files.currentDirectoryPath
        guard files.fileExists(atPath: root + "/Include/kvm_eli.h") else {
            throw LabError("run the lab in the root of the ELI sources")
        }
        lab = root + "/.lab"
        cache = Self.cacheFolder(lab: lab)
        try files.createDirectory(atPath: lab + "/logs", withIntermediateDirectories: true)
        try files.createDirectory(atPath: cache, withIntermediateDirectories: true)
    }

    /// `ELI_CACHE`, or the user's cache folder; `ELI_CACHE=off` or one that can't be written to
    /// puts everything into the clone.
    private static func cacheFolder(lab: String) -> String {
        let environment = ProcessInfo.processInfo.environment
        let inside = lab + "/cache"
        var outside = environment["ELI_CACHE"] ?? ""
        if outside == "off" { return inside }
        if outside.isEmpty {
            let user = environment["XDG_CACHE_HOME"] ?? (NSHomeDirectory() + "/.cache")
            outside = user + "/eli"
        }
        try? FileManager.default.createDirectory(
            atPath: outside, withIntermediateDirectories: true)
        return access(outside, W_OK) == 0 ? outside : inside
    }

    /// The log of a step, overwritten by each run.
    func log(_ name: String) -> String {
        "\(lab)/logs/\(name).log"
    }
}
