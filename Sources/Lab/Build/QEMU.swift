import Foundation

/// The patched QEMU: with KVM for the hosts' guests, with TCG to emulate the AMD host itself.
struct QEMU: Sendable {
    /// Folder with qemu-system-x86_64, and with qtest/ if it was asked for.
    let folder: String

    var program: String { folder + "/qemu-system-x86_64" }

    private static let flags = [
        "--target-list=x86_64-softmmu", "--without-default-features",
        "--without-default-devices", "--with-devices-x86_64=eli", "--enable-kvm", "--enable-tcg",
        "--enable-slirp", "--enable-vhost-kernel", "--enable-vhost-net", "--disable-docs",
        "--disable-download", "--disable-install-blobs",
        "--disable-debug-info", "--enable-eli",
        "--firmwarepath=/usr/share/qemu:/usr/share/seabios:/usr/lib/ipxe/qemu",
    ]
    /// QEMU's build system, newer than Debian 12's, and what QEMU wants beside it.
    private static let pythonPackages = ["meson>=1.5,<2", "pycotap==1.3.1"]
    /// QEMU's own tests that cover what the series touches.
    static let qtests = [
        "eli-test", "eli-direct-test", "eli-shadow-test", "eli-iommu-test", "eli-iommu-maps-test",
        "eli-sidecore-test",
        "qmp-cmd-test", "test-hmp", "machine-none-test",
    ]
    /// What ninja builds: the program, those tests, and what they need beside them: a misbehaving
    /// library, and something that plays KVM.
    private static let products = [
        "qemu-system-x86_64", "tests/qtest/eli-test-plugin.so", "tests/qtest/eli-test-kvm.so",
    ] + qtests.map { "tests/qtest/\($0)" }

    init(_ lab: Workshop) async throws {
        let tarball = try await lab.archive.sourceTarball("qemu")
        let root = lab.paths.root
        let series = try await PatchSeries(folder: "qemu-patches/qemu", root: root)
        let emulator = try await PatchSeries(
            folder: "qemu-patches/lab", list: "series.qemu", root: root)
        let headers = try await Cache.contents(of: ["Include"], relativeTo: root)
        let inputs = ["3", tarball.lastPathComponent, series.digest, emulator.digest, headers]
        folder = try await lab.cache.artifact("qemu", inputs: inputs + Self.flags + Self.products) {
            folder in
            let log = lab.paths.log("qemu")
            let source = folder + "/source"
            try await lab.unpack(tarball, into: source, log: log)
            for patch in series.patches + emulator.patches {
                try await Command("perl", ["scripts/checkpatch.pl", "--quiet", patch], in: source)
                    .run("qemu: checkpatch \(patch.lastPathComponent)", log: log)
            }
            try await series.apply(to: source, log: log)
            try await emulator.apply(to: source, log: log)
            let python = try await Self.buildPython(lab, log: log)
            let build = folder + "/build"
            try FileManager.default.createDirectory(
                atPath: build, withIntermediateDirectories: true)
            try await Command(
                "../source/configure",
                ["--python=\(python)", "--cc=ccache gcc", "--extra-cflags=-I\(root)/Include"]
                    + Self.flags,
                in: build, environment: lab.compilerEnvironment, isNice: true
            ).run("qemu: configuring", log: log)
            try await Command(
                "ninja",
                ["-j\(lab.jobs)"] + Self.products,
                in: build, environment: lab.compilerEnvironment, isNice: true
            ).run("qemu: compiling", log: log) { line in
                // "[123/1376] Compiling ..."
                line.hasPrefix("[") ? String(line.prefix { $0 != " " }) : nil
            }
            for file in Self.products {
                try FileManager.default.moveItem(
                    atPath: "\(build)/\(file)", toPath: "\(folder)/\(file.lastPathComponent)")
            }
            try FileManager.default.removeItem(atPath: build)
            try FileManager.default.removeItem(atPath: source)
        }
    }

    /// A virtual environment with the build system.
    ///
    /// - Returns: its Python.
    private static func buildPython(_ lab: Workshop, log: String) async throws -> String {
        // Not an artifact that is moved into place: a virtual environment can't be moved.
        let folder = lab.paths.cache + "/qemu-python"
        if !FileManager.default.fileExists(atPath: folder + "/complete") {
            try? FileManager.default.removeItem(atPath: folder)
            try await Command("python3", ["-m", "venv", folder])
                .run("qemu: Python environment", log: log)
            try await Command("\(folder)/bin/pip", ["install", "-q"] + pythonPackages)
                .run("qemu: installing meson", log: log)
            try Data().write(to: URL(fileURLWithPath: folder + "/complete"))
        }
        return folder + "/bin/python3"
    }
}

extension QEMU {
    /// As `--version` prints it: "10.0.13".
    func version() async throws -> String {
        let text = try await Command(program, ["--version"]).output()
        guard let range = text.range(of: "version "),
            let end = text[range.upperBound...].firstIndex(where: { !"0123456789.".contains($0) })
        else { throw LabError("QEMU has no version: \(text)") }
        return String(text[range.upperBound..<end])
    }
}
