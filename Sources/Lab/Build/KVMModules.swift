import Foundation

/// The patched kvm modules, built out of tree against the stock kernel.
struct KVMModules: Sendable {
    /// Folder with the modules.
    let folder: String

    static let names = ["kvm", "kvm-intel", "kvm-amd"]

    /// - Parameter forAttacks: whether its protections can be left out, one by one.
    init(_ lab: Workshop, kernel: KernelPackage, forAttacks: Bool = false) async throws {
        let root = lab.paths.root
        let series = try await PatchSeries(folder: "qemu-patches/kvm", root: root)
        let own = forAttacks
            ? try await PatchSeries(folder: "qemu-patches/lab", list: "series.kvm", root: root) : nil
        let header = try await Cache.contents(of: ["Include/kvm_eli.h"], relativeTo: root)
        folder = try await lab.cache.artifact(
            "kvm",
            inputs: ["4", kernel.packageVersion, kernel.release, series.digest, header]
                + (own.map { [$0.digest] } ?? [])
        ) { folder in
            let log = lab.paths.log("kvm")
            let source = folder + "/source"
            try Self.copySource(of: kernel, to: source)
            try await series.apply(to: source, log: log)
            try await own?.apply(to: source, log: log)
            let modules = source + "/arch/x86/kvm"
            try await lab.buildModules(in: modules, against: kernel, title: "kvm", log: log)
            try Self.checkCRCs(modules + "/Module.symvers", kernel: kernel)
            try await lab.takeModules(Self.names, from: modules, to: folder, log: log)
            try FileManager.default.removeItem(atPath: source)
        }
    }

    /// Adds Debian's own modules to a host's image, beside those that it has, and `kvm-modules` to
    /// change between them.
    static func addStock(to host: Initramfs, root: String, kernel: KernelPackage) throws {
        try host.add("\(root)/Tests/Lab/host/kvm-modules", as: "bin/kvm-modules")
        for name in names {
            // Outside of the module tree, where modprobe would have two to choose from.
            try host.add(
                kernel.modules + "/" + kernel.closure(of: name).last!,
                as: "lib/kvm-stock/\(name).ko")
        }
    }

    /// Copies what the series patches.
    static func copySource(of kernel: KernelPackage, to source: String) throws {
        try FileManager.default.createDirectory(
            atPath: (source as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: kernel.source, toPath: source)
    }

    /// Modules of the stock kernel must load on top of ours: each symbol that both export must
    /// have the same CRC, or the kernel refuses them.
    ///
    /// - Parameter path: the Module.symvers of our build.
    static func checkCRCs(_ path: String, kernel: KernelPackage) throws {
        func exports(_ path: String) throws -> [Substring: Substring] {
            var crcs: [Substring: Substring] = [:]
            let text = try String(contentsOfFile: path, encoding: .utf8)
            for line in text.split(separator: "\n") {
                let columns = line.split(separator: "\t")
                if columns.count >= 2 { crcs[columns[1]] = columns[0] }
            }
            return crcs
        }
        let stock = try exports(kernel.headers + "/Module.symvers")
        let ours = try exports(path)
        let common = ours.filter { stock[$0.key] != nil }
        let changed = common.filter { stock[$0.key] != $0.value }.keys.sorted()
        guard !common.isEmpty else { throw LabError("kvm: exports nothing that stock kvm exports") }
        guard changed.isEmpty else {
            throw LabError("kvm: the CRC of these exports changed: "
                + changed.joined(separator: ", "))
        }
        Console.shared.say("kvm: \(common.count) exports keep their CRCs")
    }
}
