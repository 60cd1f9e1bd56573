import ArgumentParser
import Foundation

/// What mapping and unmapping costs a guest, by its IOMMU.
struct CompareIOMMUCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare-iommu",
        abstract: "Compare a guest's work without an IOMMU and behind each, in strict mode.")

    @Option(help: "Operations of each work.")
    var count = 10_000

    @Option(
        help: """
            Only behind these: none, intel, virtio, exits, strict, deferred, optimistic; earlier \
            results of the others are kept.
            """)
    var only: [IOMMUMethod] = []

    func run() async throws {
        let lab = try Workshop()
        try await lab.archive.installBuildPackages()
        try await lab.archive.install(CompareCommand.tools)
        let bench = try await Bench(
            lab, hosts: .amd, programs: CompareCommand.tools.map { "/usr/bin/\($0)" })
        let qemuVersion = try await bench.qemu.version()
        let (count, methods) = (count, only.isEmpty ? IOMMUMethod.allCases : only)
        let path = lab.paths.lab + "/compare-iommu.json", picture = lab.paths.lab + "/compare-iommu.svg"
        let _: [Int] = try await CompareCommand.serving(lab) { port in
            try await bench.boot(purpose: "compare-iommu") { session in
                try await session.loadKVM(parameters: session.host.kvmParameters)
                try await GuestSession.withPostMortem(on: session) {
                    try await IOMMUComparison(
                        host: session, kernel: bench.kernel, qemuVersion: qemuVersion, port: port,
                        count: count
                    ).run(methods) { try RunReport.add($0, to: path) }
                }
                return []
            }
        }
        let all = RunReport<IOMMURun>.load(path).runs
        try IOMMUChart.svg(all).write(toFile: picture, atomically: true, encoding: .utf8)
        print("\n\(IOMMUTable.text(all))\n\n\(path)\n\(picture)")
        try IOMMUComparison.check(all)
    }
}

extension IOMMUMethod: ExpressibleByArgument {
    init?(argument: String) {
        guard let method = Self.allCases.first(where: { $0.name == argument }) else { return nil }
        self = method
    }
}
