import Foundation

/// The built programs and the emulated hosts, ready to measure.
struct Bench: Sendable {
    /// A host, what it boots, and the devices to measure in it.
    private struct Stand: Sendable {
        let host: any LabHost
        let devices: [InterruptScenario.Device]
        /// What query-eli must answer there, sorted.
        let reasons: [String]
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
                Stand(host: IntelHost(bochs: try await Bochs.build(lab)), devices: [.pulse],
                    reasons: ["direct-not-built", "no-interrupt-remapping"]))
        }
        if hosts == .amd || hosts == .all {
            stands.append(
                Stand(host: AMDHost(qemu: qemu.program), devices: [.nvme, .igb],
                    reasons: ["direct-not-built"]))
        }
        if let here {
            stands.append(Stand(host: here, devices: [.pulse], reasons: []))
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
            try await stand.host.boot(image: image, lab: lab, limit: .seconds(900), body: body)
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
            runs += try await stand.host.boot(image: image, lab: lab, limit: .seconds(900)) {
                session in
                try await session.run("modprobe irqbypass && modprobe \(stand.host.vendorModule)")
                if checks {
                    var checks = HostChecks(host: session, expectedReasons: stand.reasons)
                    let passed = try await checks.run()
                    Console.shared.say("\(stand.host.name): \(passed) checks passed")
                }
                var runs: [Report.Run] = []
                for device in stand.devices {
                    let run = try await scenario.measure(device, count: count, on: session)
                    guard run.reasons.sorted() == stand.reasons || !stand.host.isEmulated else {
                        throw LabError(
                            "\(stand.host.name): query-eli gives \(run.reasons), the host has "
                                + "\(stand.reasons)")
                    }
                    runs.append(run)
                }
                return runs
            }
        }
        return runs
    }
}
