import Foundation

extension KernelPackage {
    private static let debugSuffix = "-debug"

    /// Whether it is one that finds errors in itself.
    var isDebugKernel: Bool { release.hasSuffix(Self.debugSuffix) }

    /// The same source with what finds errors in a kernel while it runs (Tests/Lab/kernel/debug.config):
    /// KASAN, lockdep, checks of sleeping where that is forbidden and of timers and lists.
    ///
    /// - Parameter stock: whose source it is.
    init(debugging stock: KernelPackage, _ lab: Workshop) async throws {
        let configuration = "Tests/Lab/kernel/debug.config"
        let digest = try await Cache.contents(of: [configuration], relativeTo: lab.paths.root)
        let suffix = Self.debugSuffix
        let release = stock.release.prefix { $0 != "+" && $0 != "-" } + suffix
        let folder = try await lab.cache.artifact(
            "debug-kernel", inputs: ["1", stock.packageVersion, digest]
        ) { folder in
            let log = lab.paths.log("debug-kernel")
            let tree = Self.headers(in: folder, release: String(release))
            try await lab.unpack(stock.sourceTarball, into: tree, log: log)
            func make(_ targets: [String], _ what: String) async throws {
                try await Command(
                    "make",
                    ["-C", tree, "-j\(lab.jobs)", "CC=ccache gcc-12", "LOCALVERSION=\(suffix)"] + targets,
                    environment: lab.compilerEnvironment.merging(
                        ["KCONFIG_ALLCONFIG": "\(lab.paths.root)/\(configuration)"]) { $1 },
                    isNice: true
                ).run("debug kernel: \(what)", log: log) { line in
                    line.hasPrefix("  ") ? line.lastPathComponent : nil
                }
            }
            try await make(["allnoconfig"], "configuring")
            try await make(["bzImage", "modules"], "compiling")
            try await make(["modules_install", "INSTALL_MOD_PATH=\(folder)"], "modules")
            let boot = "\(folder)/boot"
            try FileManager.default.createDirectory(
                atPath: boot, withIntermediateDirectories: true)
            try FileManager.default.moveItem(
                atPath: "\(tree)/arch/x86/boot/bzImage", toPath: "\(boot)/vmlinuz-\(release)")
            try FileManager.default.moveItem(
                atPath: "\(tree)/vmlinux", toPath: "\(boot)/vmlinux-\(release)")
            // What modules are built against is headers, Makefiles and tools.
            try await Command(
                "sh",
                ["-ec", """
                    rm -rf Documentation sound
                    find . -type f ! -path './scripts/*' ! -path './tools/*' ! -name module.lds \\
                        \\( -name '*.[coaS]' -o -name '*.cmd' -o -name '*.dts*' \\) -delete
                    """],
                in: tree
            ).run("debug kernel: leaving what modules need", log: log)
        }
        self.init(
            release: String(release), packageVersion: stock.packageVersion + suffix + digest,
            source: stock.source, folder: folder, sourceTarball: stock.sourceTarball)
    }
}
