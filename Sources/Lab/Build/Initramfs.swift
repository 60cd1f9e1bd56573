import Foundation

/// The files of an initial RAM file system, staged in a folder and packed as a newc archive.
struct Initramfs {
    private let folder: String
    private let log: String

    /// - Parameter folder: an empty folder to stage in.
    init(folder: String, log: String) throws {
        self.folder = folder
        self.log = log
        for name in ["bin", "dev", "proc", "sys", "tmp", "run", "lib", "etc"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
    }

    /// Where a file of the image is staged.
    func path(_ target: String) -> String {
        "\(folder)/\(target)"
    }

    /// Copies a file.
    ///
    /// - Parameter target: its path in the image; nil to keep the source's own path.
    func add(_ source: String, as target: String? = nil) throws {
        let destination = folder + "/" + (target ?? source)
        try FileManager.default.createDirectory(
            atPath: (destination as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true)
        try? FileManager.default.removeItem(atPath: destination)
        guard let real = realpath(source, nil) else {
            throw LabError("\(source): \(String(cString: strerror(errno)))")
        }
        defer { free(real) }
        try FileManager.default.copyItem(atPath: String(cString: real), toPath: destination)
    }

    /// Copies a program or library, and the shared libraries it needs at the paths where its
    /// dynamic linker will look for them.
    ///
    /// - Parameters:
    ///   - tree: a folder with what goes into the root; libraries found there get their place in it.
    ///   - libraries: the folder of the tree that has them.
    func addWithLibraries(
        _ source: String, as target: String, tree: String = "", libraries: String = ""
    ) async throws {
        try add(source, as: target)
        let listed = try await Command(
            "ldd", [source],
            environment: tree.isEmpty ? [:] : ["LD_LIBRARY_PATH": tree + libraries]
        ).output()
        for line in listed.split(separator: "\n") {
            // "libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x...)" or "/lib64/ld-linux... (0x...)"
            if let path = line.split(separator: " ").first(where: { $0.contains("/") }) {
                let library = path.trimmingCharacters(in: .whitespaces)
                let target = String(library.trimmingPrefix(tree))
                if !FileManager.default.fileExists(atPath: folder + target) {
                    try add(library, as: target)
                }
            }
        }
    }

    /// Packs everything into `path`, without compression: copying is what an emulated CPU does
    /// fastest.
    func pack(to path: String) async throws {
        try await Command(
            "sh",
            ["-ec", "find . -print0 | cpio --null --create --format=newc --quiet > \"$0\"", path],
            in: folder
        ).run("packing \((path as NSString).lastPathComponent)", log: log)
    }
}
