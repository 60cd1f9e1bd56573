import Foundation

/// What every build needs: where things are and how to compile.
struct Workshop: Sendable {
    let paths: Paths
    let cache: Cache
    let archive: DebianArchive
    /// How many compilers to run at once.
    let jobs = ProcessInfo.processInfo.activeProcessorCount

    init() throws {
        paths = try Paths()
        cache = Cache(folder: paths.cache)
        archive = try DebianArchive(paths: paths)
    }

    /// Points compilers that are called through ccache at the lab's own store.
    var compilerEnvironment: [String: String] {
        [
            "CCACHE_DIR": paths.cache + "/ccache", "CCACHE_MAXSIZE": "3G",
            // Builds run in folders of changing names; those are no reason to compile again.
            "CCACHE_BASEDIR": paths.cache, "CCACHE_NOHASHDIR": "1",
        ]
    }

    /// Unpacks a tarball's single top folder as `folder`.
    func unpack(_ tarball: String, into folder: String, log: String) async throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try await Command(
            "tar", ["xf", tarball, "--strip-components=1", "-C", folder]
        ).run("unpacking \(tarball.lastPathComponent)", log: log)
    }
}

extension String {
    /// The part behind the last slash.
    var lastPathComponent: String {
        (self as NSString).lastPathComponent
    }
}

extension Workshop {
    /// Builds the kernel modules of a folder.
    func buildModules(
        _ targets: [String] = ["modules"], in folder: String, against kernel: KernelPackage,
        title: String, log: String
    ) async throws {
        // Debian's headers come without the tool that makes BTF for modules.
        try await Command(
            "make",
            ["-C", kernel.headers, "M=\(folder)", "-j\(jobs)", "CC=ccache gcc-12",
             "CONFIG_DEBUG_INFO_BTF_MODULES=", "ELI_INCLUDE=\(paths.root)/Include"]
                + targets,
            environment: compilerEnvironment, isNice: true
        ).run("\(title): compiling", log: log) { line in
            line.hasPrefix("  ") ? line.lastPathComponent : nil
        }
    }

    /// Moves built modules to `target`, without their debugging information.
    func takeModules(
        _ names: [String], from folder: String, to target: String, log: String
    ) async throws {
        let built = names.map { "\(folder)/\($0).ko" }
        try await Command("strip", ["--strip-debug"] + built).run("stripping modules", log: log)
        for module in built {
            try FileManager.default.moveItem(
                atPath: module, toPath: "\(target)/\(module.lastPathComponent)")
        }
    }
}

extension Workshop {
    /// Debian's static busybox, not installed: what hosts and guests have for a userland.
    ///
    /// - Returns: the program's path.
    func busybox() async throws -> String {
        let package = try await archive.binaryPackage("busybox-static")
        let folder = try await cache.artifact("busybox", inputs: ["1", package.lastPathComponent]) {
            folder in
            try await Command("dpkg", ["-x", package, folder])
                .run("busybox: unpacking", log: paths.log("busybox"))
        }
        return folder + "/bin/busybox"
    }
}
