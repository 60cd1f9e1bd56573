import Foundation

/// The Debian packages of `Packaging/debian`, checked by lintian.
///
/// The programs have been compiled before; the packages' own rules only put them together.
struct DebianPackages: Sendable {
    /// Paths of the .deb files.
    let files: [String]

    private static let buildPackages = [
        "chrpath", "debhelper", "dh-dkms", "fakeroot", "lintian",
    ] + PackagedQEMU.buildPackages
    /// The project has no mail address that the world could reach, and gives none out as its own.
    private static let lintianOptions = [
        "--fail-on", "error", "--suppress-tags",
        "bogus-mail-host,bogus-mail-host-in-debian-changelog",
    ]
    /// What the rules take from the sources.
    private static let parts = [
        "Include", "Packaging", "docs/man", "qemu-patches/kvm", "Sources/ELI/Plugin.swift",
    ]

    init(_ lab: Workshop) async throws {
        try await lab.archive.install(Self.buildPackages)
        let qemu = try await PackagedQEMU(lab)
        let built = try await Self.compile(lab)
        let folder = lab.paths.lab + "/deb", tree = folder + "/eli"
        try? FileManager.default.removeItem(atPath: folder)
        try Self.copyParts(from: lab.paths.root, to: tree)
        let log = lab.paths.log("deb")
        try await Command(
            "dpkg-buildpackage", ["--build=binary", "--no-sign", "--no-pre-clean"], in: tree,
            environment: [
                "ELI_BUILT": built, "ELI_QEMU": qemu.folder + "/qemu-system-x86_64",
                "ELI_QEMU_VERSION": qemu.version,
            ], isNice: true
        ).run("deb: packing", log: log)
        try FileManager.default.removeItem(atPath: tree)
        let made = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        files = made.filter { $0.hasSuffix(".deb") }.map { "\(folder)/\($0)" }
        guard let changes = made.first(where: { $0.hasSuffix(".changes") }) else {
            throw LabError("dpkg-buildpackage made no packages; see \(log)")
        }
        try await Command("lintian", Self.lintianOptions + ["\(folder)/\(changes)"])
            .run("deb: lintian", log: log)
        try await PackagePaths(lab).check(files)
        Console.shared.say("deb: \(files.count) packages, without errors by lintian")
    }

    /// - Returns: the folder with libELI.so and elictl.
    private static func compile(_ lab: Workshop) async throws -> String {
        try await Command("make", ["release"], in: lab.paths.root, isNice: true)
            .run("deb: libELI and elictl", log: lab.paths.log("deb"))
        return lab.paths.root + "/.build/release"
    }

    private static func copyParts(from root: String, to tree: String) throws {
        let files = FileManager.default
        for part in parts {
            let target = "\(tree)/\(part)"
            try files.createDirectory(
                atPath: (target as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true)
            try files.copyItem(atPath: "\(root)/\(part)", toPath: target)
        }
        try files.moveItem(atPath: tree + "/Packaging/debian", toPath: tree + "/debian")
    }
}
