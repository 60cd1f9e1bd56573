import Foundation

/// Debian's stock 6.12 kernel, unpacked and not installed: the image and modules that hosts and
/// guests boot, the headers that modules are built against, and the source that is patched.
struct KernelPackage: Sendable {
    /// As `uname -r` prints it.
    let release: String
    /// As the package carries it; decides what is in the artifacts.
    let packageVersion: String
    /// `linux-source-6.12`'s tarball of the same version.
    let sourceTarball: String
    /// What of the source is patched, and what checks patches.
    let source: String
    private let folder: String

    var image: String { "\(folder)/boot/vmlinuz-\(release)" }
    /// The same as `UnpackedKernel` has it.
    var unpackedImage: String { "\(folder)/boot/vmlinux-\(release)" }
    /// Module tree with `modules.dep`, decompressed.
    var modules: String { "\(folder)/lib/modules/\(release)" }
    /// The folder to build modules against.
    var headers: String { Self.headers(in: folder, release: release) }

    static func headers(in folder: String, release: String) -> String {
        "\(folder)/usr/src/linux-headers-\(release)"
    }

    init(
        release: String, packageVersion: String, source: String, folder: String,
        sourceTarball: String
    ) {
        (self.release, self.packageVersion) = (release, packageVersion)
        (self.source, self.folder, self.sourceTarball) = (source, folder, sourceTarball)
    }

    /// Downloads and unpacks it.
    init(_ lab: Workshop) async throws {
        let archive = lab.archive
        let imageName = try await archive.newestPackage(
            startingWith: "linux-image-6.12", matching: "linux-image-6\\.12\\.[0-9]+\\+deb12-amd64")
        let release = String(imageName.dropFirst("linux-image-".count))
        let version = try await archive.candidateVersion(of: imageName)
        let sourceVersion = try await archive.candidateVersion(of: "linux-source-6.12")
        guard version == sourceVersion else {
            throw LabError(
                "\(imageName) is \(version), but linux-source-6.12 is \(sourceVersion): "
                    + "run 'apt-get update'")
        }
        let common = release.replacingOccurrences(of: "-amd64", with: "-common")
        let base = release.replacingOccurrences(of: "-amd64", with: "")
        let names = [
            imageName, "linux-headers-\(release)", "linux-headers-\(common)",
            "linux-kbuild-\(base)", "linux-source-6.12",
        ]
        let folder = try await lab.cache.artifact("kernel", inputs: ["4", version] + names) { folder in
            let log = lab.paths.log("kernel")
            for name in names {
                let package = try await archive.binaryPackage(name)
                try await Command("dpkg", ["-x", package, folder])
                    .run("kernel: unpacking \(name)", log: log)
            }
            // All at once: decompressing it takes long.
            let source = "\(folder)/source"
            try FileManager.default.createDirectory(
                atPath: source, withIntermediateDirectories: true)
            try await Command(
                "tar",
                ["xf", "\(folder)/\(Self.tarball)", "-C", source, "--strip-components=1",
                 "--wildcards", "--no-wildcards-match-slash", "*/arch/x86/kvm", "*/virt/kvm",
                 "*/scripts/checkpatch.pl", "*/scripts/spelling.txt",
                 "*/scripts/const_structs.checkpatch"]
            ).run("kernel: unpacking the source", log: log)
            try Self.relocateHeaders("\(folder)/usr/src", release: release)
            try await UnpackedKernel.unpack(
                "\(folder)/boot/vmlinuz-\(release)", to: "\(folder)/boot/vmlinux-\(release)", log: log)
            // Debian compresses modules; unpack them once rather than in each emulated boot.
            let modules = "\(folder)/lib/modules/\(release)/kernel"
            try await Command(
                "sh", ["-ec", "find \"$0\" -name '*.ko.xz' -print0 | xargs -0 -n 64 -P 2 xz -d",
                       modules]
            ).run("kernel: decompressing modules", log: log)
            try await Command("depmod", ["-b", folder, release])
                .run("kernel: module dependencies", log: log)
        }
        self.init(
            release: release, packageVersion: version, source: "\(folder)/source", folder: folder,
            sourceTarball: "\(folder)/\(Self.tarball)")
    }

    private static let tarball = "usr/src/linux-source-6.12.tar.xz"

    /// The headers' Makefile names its common part by an absolute path.
    private static func relocateHeaders(_ sources: String, release: String) throws {
        let makefile = "\(sources)/linux-headers-\(release)/Makefile"
        let text = try String(contentsOfFile: makefile, encoding: .utf8)
        // Relative to the file itself, since the folder is moved when it is finished.
        try text.replacingOccurrences(
            of: "/usr/src/", with: "$(dir $(realpath $(lastword $(MAKEFILE_LIST))))../")
            .write(toFile: makefile, atomically: true, encoding: .utf8)
    }

    /// A module of the stock kernel and all that it depends on, each as a path below `modules`,
    /// in the order of loading.
    func closure(of module: String) throws -> [String] {
        let dependencies = try String(contentsOfFile: modules + "/modules.dep", encoding: .utf8)
        let wanted = module.replacingOccurrences(of: "-", with: "_")
        for line in dependencies.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            let name = String(parts[0]).lastPathComponent
                .replacingOccurrences(of: ".ko", with: "")
                .replacingOccurrences(of: "-", with: "_")
            if name == wanted {
                let needed = parts.count == 2 ? parts[1].split(separator: " ").map(String.init) : []
                return needed.reversed() + [String(parts[0])]
            }
        }
        throw LabError("the kernel has no module \(module)")
    }
}
