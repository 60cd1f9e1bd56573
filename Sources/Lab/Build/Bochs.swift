import Foundation

/// Bochs, which emulates Intel's VMX: the lab's Intel host.
enum Bochs {
    private static let flags = [
        "--with-nogui", "--disable-docbook", "--enable-cpu-level=6", "--enable-x86-64",
        "--enable-smp", "--enable-long-phy-address", "--enable-vmx=2", "--enable-svm",
        "--enable-avx", "--enable-evex", "--enable-fpu", "--enable-memtype",
        "--enable-protection-keys", "--enable-cet", "--enable-monitor-mwait",
        "--enable-all-optimizations", "--enable-repeat-speedups",
        "--enable-fast-function-calls", "--enable-handlers-chaining", "--enable-pci",
        "--enable-e1000", "--disable-show-ips", "--enable-configurable-msrs",
        "--disable-large-ramfile", "--enable-a20-pin",
    ]

    /// - Returns: the path of the bochs program.
    static func build(_ lab: Workshop) async throws -> String {
        let tarball = try await lab.archive.sourceTarball("bochs")
        let series = try await PatchSeries(
            folder: "qemu-patches/lab", list: "series.bochs", root: lab.paths.root)
        let folder = try await lab.cache.artifact(
            "bochs", inputs: [tarball.lastPathComponent, series.digest] + flags
        ) { folder in
            let log = lab.paths.log("bochs")
            let source = folder + "/source"
            try await lab.unpack(tarball, into: source, log: log)
            try await series.apply(to: source, log: log)
            let optimize = "-O3 -pipe -fno-strict-aliasing"
            let environment = lab.compilerEnvironment.merging(
                ["CC": "ccache gcc", "CXX": "ccache g++", "CFLAGS": optimize,
                 "CXXFLAGS": optimize]
            ) { $1 }
            try await Command(
                "./configure", flags, in: source, environment: environment, isNice: true
            ).run("bochs: configuring", log: log)
            try await Command(
                "make", ["-j\(lab.jobs)"], in: source, environment: environment, isNice: true
            ).run("bochs: compiling", log: log)
            try FileManager.default.moveItem(
                atPath: source + "/bochs", toPath: folder + "/bochs")
            try FileManager.default.removeItem(atPath: source)
        }
        return folder + "/bochs"
    }
}
