import Foundation

/// QEMU's sources from Debian, with patches, and how they are configured and compiled.
struct QEMUSource: Sendable {
    private let tarball: String
    private let series: [PatchSeries]
    private let headers: String

    /// QEMU's build system, newer than Debian 12's, and what QEMU wants beside it.
    private static let pythonPackages = ["meson>=1.5,<2", "pycotap==1.3.1"]

    /// - Parameter series: what is applied, in this order.
    init(_ lab: Workshop, series: [PatchSeries]) async throws {
        tarball = try await lab.archive.sourceTarball("qemu")
        self.series = series
        headers = try await Cache.contents(of: ["Include"], relativeTo: lab.paths.root)
    }

    /// As Debian has it: "10.0.13".
    var version: String {
        String(tarball.lastPathComponent.dropFirst("qemu_".count).prefix { $0 != "+" })
    }

    /// What decides the content of a build, beside its flags and products.
    var inputs: [String] {
        [tarball.lastPathComponent] + series.map(\.digest) + [headers]
    }

    /// Compiles in `folder`, and leaves only the products there.
    ///
    /// - Parameters:
    ///   - products: what ninja builds, as paths in its folder.
    ///   - title: of the build, for messages and its log.
    func build(
        _ lab: Workshop, in folder: String, flags: [String], products: [String], title: String
    ) async throws {
        let log = lab.paths.log(title)
        let source = folder + "/source", build = folder + "/build"
        try await lab.unpack(tarball, into: source, log: log)
        for patch in series.flatMap(\.patches) {
            try await Command("perl", ["scripts/checkpatch.pl", "--quiet", patch], in: source)
                .run("\(title): checkpatch \(patch.lastPathComponent)", log: log)
        }
        for one in series {
            try await one.apply(to: source, log: log)
        }
        let python = try await Self.buildPython(lab, log: log)
        try FileManager.default.createDirectory(atPath: build, withIntermediateDirectories: true)
        try await Command(
            "../source/configure",
            ["--python=\(python)", "--cc=ccache gcc", "--extra-cflags=-I\(lab.paths.root)/Include"]
                + flags,
            in: build, environment: lab.compilerEnvironment, isNice: true
        ).run("\(title): configuring", log: log)
        try await Command(
            "ninja", ["-j\(lab.jobs)"] + products,
            in: build, environment: lab.compilerEnvironment, isNice: true
        ).run("\(title): compiling", log: log) { line in
            // "[123/1376] Compiling ..."
            line.hasPrefix("[") ? String(line.prefix { $0 != " " }) : nil
        }
        for file in products {
            try FileManager.default.moveItem(
                atPath: "\(build)/\(file)", toPath: "\(folder)/\(file.lastPathComponent)")
        }
        try FileManager.default.removeItem(atPath: build)
        try FileManager.default.removeItem(atPath: source)
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
