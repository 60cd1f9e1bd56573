import Foundation

/// Debian's packages, binary and source, by way of the machine's own apt.
///
/// Where the archive is, and which key signs it, is taken from the machine's apt sources.
struct DebianArchive: Sendable {
    /// Packages that the builds and the emulated hosts need on this machine.
    private static let buildPackages = [
        "bc", "bison", "bochsbios", "build-essential", "ccache", "cpio", "flex",
        "ipxe-qemu", "kmod", "libelf-dev", "libglib2.0-dev", "libslirp-dev", "ninja-build",
        "nvme-cli", "pkg-config", "python3-venv", "qemu-system-data", "seabios",
        "util-linux", "vgabios", "xz-utils", "zlib1g-dev", "zstd",
    ]
    /// The release that newer sources (QEMU, Bochs) are taken from.
    static let sourceRelease = "trixie"

    let downloads: String
    let sourceLists: String
    private let log: String

    init(paths: Paths) throws {
        downloads = paths.cache + "/downloads"
        sourceLists = paths.cache + "/apt-\(Self.sourceRelease)"
        log = paths.log("downloads")
        for folder in [downloads, sourceLists + "/lists/partial"] {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        }
    }

    // MARK: This machine's packages

    /// Installs what the builds need and the machine lacks.
    func installBuildPackages() async throws {
        try await install(Self.buildPackages)
    }

    /// Installs those of the packages that the machine lacks.
    func install(_ packages: [String]) async throws {
        let listed = try? await Command(
            "dpkg-query", ["-W", "-f", "${db:Status-Abbrev}${Package}\n"]).output()
        let present = Set((listed ?? "").split(separator: "\n").compactMap {
            $0.hasPrefix("ii ") ? String($0.dropFirst(3)) : nil
        })
        let missing = packages.filter { !present.contains($0) }
        if missing.isEmpty { return }
        guard geteuid() == 0 else {
            throw LabError("install these packages, or run as root: "
                + missing.joined(separator: " "))
        }
        let install = Command(
            "apt-get", ["install", "-y", "-q", "--no-install-recommends"] + missing,
            environment: ["DEBIAN_FRONTEND": "noninteractive"])
        do {
            try await install.run("installing packages", log: log)
        } catch {
            // The lists may never have been fetched, or be too old.
            try await updateLists()
            try await install.run("installing packages", log: log)
        }
        Console.shared.say("installed \(missing.count) packages")
    }

    private func updateLists() async throws {
        try await Command("apt-get", ["update", "-q"]).run("apt-get update", log: log)
    }

    // MARK: Binary packages

    /// The newest package whose name matches, as `sort -V` sees it.
    ///
    /// - Parameter pattern: a regular expression over the whole name.
    func newestPackage(startingWith prefix: String, matching pattern: String) async throws
        -> String {
        func newest() async throws -> String? {
            let names = try await Command("apt-cache", ["pkgnames", prefix]).output()
            return names.split(separator: "\n").map(String.init)
                .filter { $0.range(of: "^\(pattern)$", options: .regularExpression) != nil }
                .max { $0.compare($1, options: .numeric) == .orderedAscending }
        }
        if let name = try await newest() { return name }
        try await updateLists()
        guard let name = try await newest() else {
            throw LabError("apt knows no package that matches \(pattern)")
        }
        return name
    }

    /// The version of a package that apt would install.
    func candidateVersion(of package: String) async throws -> String {
        let policy = try await Command(
            "apt-cache", ["policy", package], environment: ["LC_ALL": "C"]).output()
        for line in policy.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "Candidate:", words.count == 2, words[1] != "(none)" {
                return String(words[1])
            }
        }
        throw LabError("apt has no candidate for \(package)")
    }

    /// Downloads a binary package of this machine's release.
    ///
    /// - Returns: the path of the .deb.
    func binaryPackage(_ name: String) async throws -> String {
        let query = Command("apt-get", ["download", "--print-uris", name])
        let files: [RemoteFile]
        do {
            files = try await fetch(RemoteFile.parse(try await query.output()))
        } catch {
            try await updateLists()
            files = try await fetch(RemoteFile.parse(try await query.output()))
        }
        guard let file = files.first else { throw LabError("apt can't download \(name)") }
        return "\(downloads)/\(file.name)"
    }

    // MARK: Source packages

    /// Downloads the upstream tarball of a source package of the newer release.
    ///
    /// Not `apt-get source`: the archive may lack a .dsc whose tarballs it still has, and apt has
    /// verified the tarballs' digests against the signed index anyway.
    ///
    /// - Returns: the path of the .orig tarball.
    func sourceTarball(_ package: String) async throws -> String {
        let environment = ["APT_CONFIG": try await sourceConfiguration()]
        let query = Command(
            "apt-get", ["source", "--print-uris", package], environment: environment)
        try await readSourceLists()
        func tarballs() async throws -> [RemoteFile] {
            RemoteFile.parse(try await query.output()).filter {
                $0.name.hasPrefix(package + "_") && $0.name.contains(".orig.tar.")
                    && !$0.name.hasSuffix(".asc")
            }
        }
        let files: [RemoteFile]
        do {
            files = try await fetch(tarballs())
        } catch {
            // The lists may name a version that a point release has replaced.
            try await updateSourceLists()
            files = try await fetch(tarballs())
        }
        guard let file = files.first else { throw LabError("no source of \(package)") }
        return "\(downloads)/\(file.name)"
    }

    /// Fetches the lists of the newer release's sources if they aren't there.
    func readSourceLists() async throws {
        let lists = try? FileManager.default.contentsOfDirectory(atPath: sourceLists + "/lists")
        if lists?.contains(where: { $0.hasSuffix("_Sources") || $0.contains("_Sources.") }) == true {
            return
        }
        try await updateSourceLists()
    }

    private func updateSourceLists() async throws {
        try await Command(
            "apt-get", ["update", "-q"], environment: ["APT_CONFIG": sourceConfiguration()]
        ).run("reading \(Self.sourceRelease)'s sources", log: log)
    }

    /// Writes apt's configuration for the newer release's sources, apart from the machine's own.
    private func sourceConfiguration() async throws -> String {
        let path = sourceLists + "/apt.conf"
        if FileManager.default.fileExists(atPath: path) { return path }
        try await Self.stanza(
            types: "deb-src", archive: locations().archive,
            suites: "\(Self.sourceRelease) \(Self.sourceRelease)-updates"
        ).write(
            toFile: sourceLists + "/archive.sources", atomically: true, encoding: .utf8)
        try """
            Dir::Etc::sourcelist "\(sourceLists)/archive.sources";
            Dir::Etc::sourceparts "-";
            Dir::State::lists "\(sourceLists)/lists";

            """.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// Where this machine gets Debian from: the archive that has every release, and the security
    /// archive if the machine uses it.
    func locations() async throws -> (archive: String, security: String?) {
        let targets = try await Command(
            "apt-get",
            ["indextargets", "--format", "$(REPO_URI) $(CODENAME) $(ORIGIN)",
             "Identifier: Packages"]).output()
        let rows: [[Substring]] = targets.split(separator: "\n").map { $0.split(separator: " ") }
            .filter { $0.count == 3 && $0[2] == "Debian" }
        // "bookworm" and not "bookworm-updates".
        guard let archive = rows.first(where: { !$0[1].contains("-") }) else {
            throw LabError("found no Debian archive in this machine's apt sources")
        }
        let security = rows.first { $0[1].hasSuffix("-security") }
        return (String(archive[0]), security.map { String($0[0]) })
    }

    /// A paragraph of apt's sources.
    static func stanza(types: String, archive: String, suites: String) -> String {
        """
        Types: \(types)
        URIs: \(archive)
        Suites: \(suites)
        Components: main
        Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

        """
    }

    // MARK: Downloading

    /// Downloads what isn't there yet; apt checks each digest.
    private func fetch(_ files: [RemoteFile]) async throws -> [RemoteFile] {
        for file in files where !FileManager.default.fileExists(
            atPath: "\(downloads)/\(file.name)") {
            let partial = "\(downloads)/unfinished-\(file.name)"
            try await Command(
                "/usr/lib/apt/apt-helper",
                ["download-file", file.uri, partial, file.digest]
            ).run("downloading \(file.name)", log: log)
            guard rename(partial, "\(downloads)/\(file.name)") == 0 else {
                throw LabError("can't write to \(downloads)")
            }
            Console.shared.say("downloaded \(file.name)")
        }
        return files
    }
}

/// A file of the archive, as apt's --print-uris describes it.
struct RemoteFile: Equatable {
    let uri: String
    let name: String
    /// "SHA256:" and the digest.
    let digest: String

    /// Reads lines of the form `'URI' NAME SIZE SHA256:DIGEST`; skips all others.
    static func parse(_ text: String) -> [RemoteFile] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 4, words[0].hasPrefix("'"), words[0].hasSuffix("'"),
                words[3].hasPrefix("SHA256:")
            else { return nil }
            return RemoteFile(
                uri: String(words[0].dropFirst().dropLast()), name: words[1], digest: words[3])
        }
    }
}
