import Foundation

/// What reviewers of the KVM series expect of it: checkpatch has nothing to say, and the modules
/// build after each patch.
enum KVMSeriesCheck {
    /// checkpatch's remarks that don't apply: MAINTAINERS covers new files in arch/x86/kvm already.
    private static let ignored = "FILE_PATH_CHANGES"
    /// Remarks of --strict that every trace header of the kernel draws, for patches with one.
    private static let ignoredInTraces = ",OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT,SPACING"

    /// Checks the series, unless the same one has passed before.
    static func run(_ lab: Workshop, kernel: KernelPackage) async throws {
        let root = lab.paths.root
        let series = try await PatchSeries(folder: "qemu-patches/kvm", root: root)
        let header = try await Cache.contents(of: ["Include/kvm_eli.h"], relativeTo: root)
        _ = try await lab.cache.artifact(
            "kvm-series", inputs: ["1", kernel.packageVersion, series.digest, header]
        ) { folder in
            let log = lab.paths.log("kvm-series")
            let source = folder + "/source"
            try await KVMModules.unpackSource(kernel: kernel, into: source, log: log)
            try await Command(
                "tar",
                ["xf", kernel.sourceTarball, "-C", folder, "--strip-components=1", "--wildcards",
                 "--no-wildcards-match-slash", "*/scripts/checkpatch.pl", "*/scripts/spelling.txt",
                 "*/scripts/const_structs.checkpatch"]
            ).run("kvm series: unpacking checkpatch", log: log)
            for patch in series.patches {
                let name = patch.lastPathComponent
                let text = try String(contentsOfFile: patch, encoding: .utf8)
                let ignored = Self.ignored
                    + (text.contains("+TRACE_EVENT(") ? Self.ignoredInTraces : "")
                try await Command(
                    "perl",
                    ["\(folder)/scripts/checkpatch.pl", "--no-tree", "--strict", "--quiet",
                     "--ignore", ignored, patch]
                ).run("kvm series: checkpatch \(name)", log: log)
                try await series.apply(patch, to: source, log: log)
                try await lab.buildModules(
                    in: source + "/arch/x86/kvm", against: kernel, title: "kvm series: \(name)",
                    log: log)
            }
            try FileManager.default.removeItem(atPath: source)
        }
        Console.shared.say("kvm series: \(series.patches.count) patches, each clean and building")
    }
}
