import Foundation

/// A clean Debian of the newer release in a folder, to install packages in and throw away.
///
/// Its mounts live in the lab's own namespace: when the lab ends, however it does, they are gone.
struct DebianTree: Sendable {
    private let folder: String
    private let log: String

    private var root: String { folder + "/root" }

    /// Environment of everything that runs there. No initrd is made: nothing boots there.
    private static let environment = [
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8",
        "DEBIAN_FRONTEND=noninteractive", "INITRD=No",
    ]

    init(_ lab: Workshop) async throws {
        guard geteuid() == 0 else { throw LabError("a Debian tree takes root; run this as root") }
        try await lab.archive.install(["debootstrap"])
        log = lab.paths.log("deb-test")
        let base = try await Self.base(lab, log: log)
        folder = lab.paths.lab + "/deb-test"
        try? FileManager.default.removeItem(atPath: folder)
        for created in ["root", "upper", "work"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(created)", withIntermediateDirectories: true)
        }
        let archives = lab.archive.downloads + "/\(DebianArchive.sourceRelease)-archives"
        try FileManager.default.createDirectory(
            atPath: archives + "/partial", withIntermediateDirectories: true)
        try await Command(
            "sh",
            ["-ec",
             """
             mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" overlay "$2/root"
             cd "$2/root"
             mount -t proc proc proc
             mount -t tmpfs -o mode=755 dev dev
             for node in full null random tty urandom zero; do
                 cp -a "/dev/$node" dev
             done
             ln -s /proc/self/fd dev/fd
             mount --bind "$3" var/cache/apt/archives
             cat /etc/resolv.conf > etc/resolv.conf
             """, "sh", base, folder, archives]
        ).run("deb test: mounting", log: log)
        // Nothing may be started there, nothing needs to reach the disk, downloads are kept.
        for (path, text) in [
            ("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n"),
            ("etc/dpkg/dpkg.cfg.d/lab", "force-unsafe-io\n"),
            ("etc/apt/apt.conf.d/lab",
             """
             APT::Keep-Downloaded-Packages "true";
             APT::Get::Assume-Yes "true";
             APT::Install-Recommends "false";

             """),
            ("etc/apt/sources.list.d/debian.sources", try await Self.sources(lab)),
        ] {
            try text.write(toFile: "\(root)/\(path)", atomically: true, encoding: .utf8)
        }
        try await Command("chmod", ["+x", root + "/usr/sbin/policy-rc.d"]).run("chmod", log: log)
        try? FileManager.default.removeItem(atPath: root + "/etc/apt/sources.list")
    }

    private static func sources(_ lab: Workshop) async throws -> String {
        let locations = try await lab.archive.locations(), release = DebianArchive.sourceRelease
        return DebianArchive.stanza(
            types: "deb", archive: locations.archive, suites: "\(release) \(release)-updates")
            + (locations.security.map {
                "\n" + DebianArchive.stanza(
                    types: "deb", archive: $0, suites: release + "-security")
            } ?? "")
    }

    /// Of the release as it is now: a point release makes another one.
    private static func base(_ lab: Workshop, log: String) async throws -> String {
        let release = DebianArchive.sourceRelease
        try await lab.archive.readSourceLists()
        let lists = lab.archive.sourceLists + "/lists"
        let signed = try FileManager.default.contentsOfDirectory(atPath: lists)
            .first { $0.hasSuffix("_dists_\(release)_InRelease") }
        guard let signed else { throw LabError("\(lists) has no InRelease of \(release)") }
        let digest = try await Cache.contents(of: [signed], relativeTo: lists)
        let archive = try await lab.archive.locations().archive
        return try await lab.cache.artifact("debian-tree", inputs: ["1", release, digest]) {
            folder in
            try await Command(
                "debootstrap",
                ["--variant=minbase", "--include=ca-certificates",
                 "--keyring=/usr/share/keyrings/debian-archive-keyring.gpg", release,
                 folder + "/tree", archive]
            ).run("deb test: debootstrap", log: log)
        } + "/tree"
    }

    /// Gives its room back.
    func remove() async throws {
        try await Command("umount", ["-R", root]).run("deb test: unmounting", log: log)
        try FileManager.default.removeItem(atPath: folder)
    }

    /// The path of a file of the tree's as this machine sees it.
    func path(_ file: String) -> String { "\(root)/\(file)" }

    /// Runs a shell's commands there; the first that fails ends them.
    ///
    /// - Returns: all that they print.
    /// - Throws: `LabError` with the end of what they print if one fails.
    @discardableResult
    func run(_ title: String, _ commands: String) async throws -> String {
        let (succeeded, text) = try await attempt(title, commands)
        guard succeeded else {
            let tail = text.split(separator: "\n").suffix(30).joined(separator: "\n")
            throw LabError("\(title) failed; \(log) has all of it, which ends so:\n\(tail)")
        }
        return text
    }

    /// As `run`, for commands that may fail.
    func attempt(_ title: String, _ commands: String) async throws -> (Bool, String) {
        Console.shared.progress("deb test: \(title)")
        let output = folder + "/output"
        try? FileManager.default.removeItem(atPath: output)
        let command = Command(
            "chroot", [root, "/usr/bin/env", "-i"] + Self.environment + ["sh", "-ec", commands])
        var succeeded = true
        do {
            try await command.run("deb test: \(title)", log: output)
        } catch is LabError {
            succeeded = false
        }
        let text = try String(contentsOfFile: output, encoding: .utf8)
        try LogFile(log).write(text)
        // A log begins with the command itself.
        let title = "$ \(command.program) \(command.arguments.joined(separator: " "))\n"
        return (succeeded, String(text.dropFirst(title.count)))
    }
}
