import Foundation

/// Linux's own tests of KVM, tools/testing/selftests/kvm of the stock kernel's source.
struct KVMSelftests: Sendable {
    /// Folder with a program for each test.
    let folder: String

    /// What they are built from, below the source's top folder.
    private static let sources = [
        // The kernel's headers for user space.
        "Makefile", "scripts", "include", "arch/x86",
        "tools/include", "tools/arch", "tools/lib", "tools/scripts", "tools/build",
        "tools/testing/selftests/*.h", "tools/testing/selftests/lib.mk",
        "tools/testing/selftests/rseq", "tools/testing/selftests/kvm",
    ]

    init(_ lab: Workshop, kernel: KernelPackage) async throws {
        let inputs = ["1", kernel.packageVersion] + Self.sources
        folder = try await lab.cache.artifact("kvm-selftests", inputs: inputs) { folder in
            let log = lab.paths.log("kvm-selftests")
            let source = folder + "/source", built = folder + "/built"
            for created in [source, built] {
                try FileManager.default.createDirectory(
                    atPath: created, withIntermediateDirectories: true)
            }
            try await Command(
                "tar",
                ["xf", kernel.sourceTarball, "-C", source, "--strip-components=1", "--wildcards",
                 "--no-wildcards-match-slash"] + Self.sources.map { "*/\($0)" }
            ).run("kvm selftests: unpacking", log: log)
            try await Command("make", ["-C", source, "-j\(lab.jobs)", "headers"], isNice: true)
                .run("kvm selftests: the kernel's headers", log: log)
            try await Command(
                "make",
                ["-C", source + "/tools/testing/selftests/kvm", "-j\(lab.jobs)",
                 "CC=ccache gcc", "OUTPUT=\(built)"],
                environment: lab.compilerEnvironment, isNice: true
            ).run("kvm selftests: compiling", log: log)
            // Programs lie in `built` and in a folder of the architecture, beside their objects.
            try await Command(
                "sh",
                ["-ec",
                 """
                 find "$0" -maxdepth 2 -type f -perm -100 ! -name '*.o' -exec mv -t "$1" {} +
                 strip -s "$1"/*
                 """, built, try Self.created(folder + "/tests")]
            ).run("kvm selftests: collecting", log: log)
            try FileManager.default.removeItem(atPath: built)
            try FileManager.default.removeItem(atPath: source)
        } + "/tests"
    }

    private static func created(_ folder: String) throws -> String {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }
}
