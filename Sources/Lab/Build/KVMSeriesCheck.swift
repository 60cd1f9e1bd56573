import Foundation

/// What reviewers of the KVM series expect of it: checkpatch has nothing to say, and the modules
/// build after each patch.
struct KVMSeriesCheck {
    /// checkpatch's remarks that don't apply: MAINTAINERS covers new files in arch/x86/kvm already.
    private static let ignored = "FILE_PATH_CHANGES"
    /// Remarks of --strict that every trace header of the kernel draws, for patches with one.
    private static let ignoredInTraces = ",OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT,SPACING"
    /// It takes an assembler's macros in a header for C.
    private static let ignoredInMacros = ",SPACING"

    private let lab: Workshop
    private let kernel: KernelPackage
    private let log: String
    /// A source tree with the first `applied` patches.
    private let folder: String
    private var applied = 0

    private var source: String { folder + "/source" }

    private init(_ lab: Workshop, kernel: KernelPackage) {
        self.lab = lab
        self.kernel = kernel
        log = lab.paths.log("kvm-series")
        folder = lab.paths.lab + "/kvm-series"
    }

    /// Checks each patch, unless it has passed before with all those ahead of it.
    static func run(_ lab: Workshop, kernel: KernelPackage) async throws {
        let root = lab.paths.root
        let series = try await PatchSeries(folder: "qemu-patches/kvm", root: root)
        var check = KVMSeriesCheck(lab, kernel: kernel)
        defer { try? FileManager.default.removeItem(atPath: check.folder) }
        try? FileManager.default.removeItem(atPath: check.folder)
        for index in series.patches.indices {
            let digest = try await Cache.contents(
                of: ["Include/kvm_eli.h"]
                    + series.patches[...index].map { "qemu-patches/kvm/\($0.lastPathComponent)" },
                relativeTo: root)
            _ = try await lab.cache.artifact(
                "kvm-patch-\(index + 1)", inputs: ["1", kernel.packageVersion, digest]
            ) { _ in
                try await check.check(series, index)
            }
        }
        Console.shared.say("kvm series: \(series.patches.count) patches, each clean and building")
    }

    private mutating func check(_ series: PatchSeries, _ index: Int) async throws {
        if applied == 0 { try await unpack() }
        let patch = series.patches[index], name = patch.lastPathComponent
        let text = try String(contentsOfFile: patch, encoding: .utf8)
        let ignored = Self.ignored
            + (text.contains("+TRACE_EVENT(") ? Self.ignoredInTraces : "")
            + (text.contains("\n+.macro ") ? Self.ignoredInMacros : "")
        try await Command(
            "perl",
            ["\(folder)/scripts/checkpatch.pl", "--no-tree", "--strict", "--quiet", "--ignore",
             ignored, patch]
        ).run("kvm series: checkpatch \(name)", log: log)
        while applied <= index {
            try await series.apply(series.patches[applied], to: source, log: log)
            applied += 1
        }
        try await lab.buildModules(
            in: source + "/arch/x86/kvm", against: kernel, title: "kvm series: \(name)", log: log)
    }

    private func unpack() async throws {
        try await KVMModules.unpackSource(kernel: kernel, into: source, log: log)
        try await Command(
            "tar",
            ["xf", kernel.sourceTarball, "-C", folder, "--strip-components=1", "--wildcards",
             "--no-wildcards-match-slash", "*/scripts/checkpatch.pl", "*/scripts/spelling.txt",
             "*/scripts/const_structs.checkpatch"]
        ).run("kvm series: unpacking checkpatch", log: log)
    }
}
