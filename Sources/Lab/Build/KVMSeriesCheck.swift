import Foundation

/// What reviewers of the KVM series expect of it: checkpatch has nothing to say, and the modules
/// build after each patch. That takes ten minutes; the short form compiles after each patch what
/// it touches.
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
    ///
    /// - Parameter whole: whether all modules are built each time.
    static func run(_ lab: Workshop, kernel: KernelPackage, whole: Bool) async throws {
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
            let inputs = ["1", kernel.packageVersion, digest]
            if !whole {
                let isChecked = try await lab.cache.has("kvm-patch-\(index + 1)", inputs: inputs)
                if isChecked { continue }
            }
            _ = try await lab.cache.artifact(
                "kvm-\(whole ? "patch" : "objects")-\(index + 1)", inputs: inputs
            ) { _ in
                try await check.check(series, index, whole: whole)
            }
        }
        Console.shared.say(
            "kvm series: \(series.patches.count) patches, each clean and "
                + (whole ? "building" : "compiling where it changes something"))
    }

    private mutating func check(_ series: PatchSeries, _ index: Int, whole: Bool) async throws {
        if applied == 0 { try KVMModules.copySource(of: kernel, to: source) }
        let patch = series.patches[index], name = patch.lastPathComponent
        let text = try String(contentsOfFile: patch, encoding: .utf8)
        let ignored = Self.ignored
            + (text.contains("+TRACE_EVENT(") ? Self.ignoredInTraces : "")
            + (text.contains("\n+.macro ") ? Self.ignoredInMacros : "")
        try await Command(
            "perl",
            ["\(source)/scripts/checkpatch.pl", "--no-tree", "--strict", "--quiet", "--ignore",
             ignored, patch]
        ).run("kvm series: checkpatch \(name)", log: log)
        while applied <= index {
            try await series.apply(series.patches[applied], to: source, log: log)
            applied += 1
        }
        let targets = whole ? ["modules"] : objects(touchedBy: text)
        guard !targets.isEmpty else { return }
        try await lab.buildModules(
            targets, in: source + "/arch/x86/kvm", against: kernel, title: "kvm series: \(name)",
            log: log)
    }

    /// What a patch compiles to, and ELI's own objects if it touches a header.
    private func objects(touchedBy patch: String) -> [String] {
        let folder = "arch/x86/kvm/"
        let files = patch.split(separator: "\n").compactMap { line in
            line.hasPrefix("+++ b/\(folder)") ? line.dropFirst("+++ b/\(folder)".count) : nil
        }.map(String.init)
        var sources = Set(files.filter { $0.hasSuffix(".c") || $0.hasSuffix(".S") })
        if files.contains(where: { $0.hasSuffix(".h") }) {
            let all = FileManager.default.enumerator(atPath: "\(source)/\(folder)")
            for case let file as String in all ?? .init()
            where file.lastPathComponent.hasPrefix("eli") && file.hasSuffix(".c") {
                sources.insert(file)
            }
        }
        return sources.map { $0.dropLast(2) + ".o" }.sorted()
    }
}
