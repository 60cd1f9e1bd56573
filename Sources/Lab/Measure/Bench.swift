import Foundation

/// The built programs and the emulated hosts, ready to measure.
struct Bench: Sendable {
    private typealias Setup = InterruptScenario.Setup
    private typealias Phase = InterruptScenario.Phase

    /// A host, what it boots, and what to measure in it.
    private struct Stand: Sendable {
        let host: any LabHost
        let setups: [InterruptScenario.Setup]
        /// What query-eli must answer there, sorted.
        let reasons: [String]
        /// The same without the host's parameters of the kvm module.
        var reasonsByDefault: [String]?
    }

    private let lab: Workshop
    let kernel: KernelPackage
    private let image: HostImage
    private let stands: [Stand]
    let qemu: QEMU

    /// Builds what is missing.
    init(_ lab: Workshop, hosts: HostChoice) async throws {
        self.lab = lab
        kernel = try await KernelPackage(lab)
        let here = hosts == .here ? try await HereHost(kernel: kernel) : nil
        let kvm = try await KVMModules(lab, kernel: kernel)
        let modules = try await LabModules(lab, kernel: kernel)
        qemu = try await QEMU(lab)
        let library = try await Self.buildPlugin(lab)
        image = try await HostImage(
            lab, kernel: kernel, kvm: kvm, own: modules, qemu: qemu, library: library)
        var stands: [Stand] = []
        if hosts == .intel || hosts == .all {
            stands.append(
                Stand(
                    host: IntelHost(bochs: try await Bochs.build(lab)),
                    setups: [
                        Setup(
                            device: .pulse,
                            phases: [
                                Phase(), Phase(eli: true), Phase(eli: true, load: .idle),
                            ]),
                    ],
                    reasons: [], reasonsByDefault: ["no-interrupt-remapping"]))
        }
        if hosts == .amd || hosts == .all {
            stands.append(
                Stand(host: AMDHost(qemu: qemu.program), setups: [Setup(device: .nvme), Setup(device: .igb)],
                    reasons: ["direct-not-built"]))
        }
        if let here {
            stands.append(Stand(host: here, setups: [Setup(device: .pulse)], reasons: []))
        }
        self.stands = stands
        lab.cache.prune()
    }

    /// - Returns: the path of libELI.so.
    private static func buildPlugin(_ lab: Workshop) async throws -> String {
        try await Command(
            "swift", ["build", "-c", "release", "--product", "ELI"], in: lab.paths.root,
            isNice: true
        ).run("libELI: compiling", log: lab.paths.log("plugin"))
        return lab.paths.root + "/.build/release/libELI.so"
    }

    /// Boots each host and has `body` drive it.
    func boot(_ body: @escaping @Sendable (HostSession) async throws -> Void) async throws {
        for stand in stands {
            try await stand.host.boot(image: image, lab: lab, limit: .seconds(1800), body: body)
        }
    }

    /// Measures each device in each host.
    ///
    /// - Parameters:
    ///   - count: operations in each run.
    ///   - checks: whether to test the host first.
    func measure(count: Int, checks: Bool) async throws -> [Report.Run] {
        var runs: [Report.Run] = []
        let scenario = InterruptScenario(
            lab: lab, kernel: kernel, qemuVersion: try await qemu.version())
        for stand in stands {
            runs += try await stand.host.boot(image: image, lab: lab, limit: .seconds(1800)) {
                session in
                if checks {
                    try await session.loadKVM(parameters: "")
                    var checks = HostChecks(
                        host: session, expectedReasons: stand.reasonsByDefault ?? stand.reasons)
                    let passed = try await checks.run()
                    Console.shared.say("\(stand.host.name): \(passed) checks passed")
                    try await session.run("rmmod \(stand.host.vendorModule) && rmmod kvm")
                }
                try await session.loadKVM(parameters: stand.host.kvmParameters)
                if checks && stand.reasons.isEmpty { try await session.run("kvm-configure") }
                var runs: [Report.Run] = []
                for setup in stand.setups {
                    runs += try await scenario.measure(setup, count: count, on: session)
                    guard let reasons = runs.last?.reasons, reasons.sorted() == stand.reasons
                        || !stand.host.isEmulated
                    else {
                        throw LabError(
                            "\(stand.host.name): query-eli gives \(runs.last?.reasons ?? []), "
                                + "the host has \(stand.reasons)")
                    }
                }
                return runs
            }
        }
        return runs
    }
}
