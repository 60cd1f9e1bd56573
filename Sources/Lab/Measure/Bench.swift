import Foundation

/// The built programs and the emulated hosts, ready to measure.
struct Bench: Sendable {
    private typealias Setup = InterruptScenario.Setup
    private typealias Phase = InterruptScenario.Phase

    /// A host, what it boots, and what to measure in it.
    struct Stand: Sendable {
        let host: any LabHost
        let setups: [InterruptScenario.Setup]
        /// What query-eli must answer there, sorted.
        let reasons: [String]
        /// The same without the host's parameters of the kvm module.
        var reasonsByDefault: [String]?
    }

    let lab: Workshop
    let kernel: KernelPackage
    let image: HostImage
    let stands: [Stand]
    let qemu: QEMU
    /// The path of libELI.so.
    let library: String

    /// Builds what is missing.
    ///
    /// - Parameters:
    ///   - programs: further programs of this machine, for the hosts and their guests.
    ///   - forAttacks: whether protections can be left out.
    ///   - withUserTools: whether the hosts have `UserTools`.
    ///   - withDebugKernel: whether their kernel looks for its own errors.
    init(
        _ lab: Workshop, hosts: HostChoice, programs: [String] = [], forAttacks: Bool = false,
        withUserTools: Bool = false, withDebugKernel: Bool = false
    ) async throws {
        self.lab = lab
        let stock = try await KernelPackage(lab)
        kernel = withDebugKernel ? try await KernelPackage(debugging: stock, lab) : stock
        let here = hosts == .here ? try await HereHost(kernel: kernel) : nil
        let kvm = try await KVMModules(lab, kernel: kernel, forAttacks: forAttacks)
        let modules = try await LabModules(lab, kernel: kernel)
        qemu = try await QEMU(lab)
        library = try await Self.buildPlugin(lab)
        image = try await HostImage(
            lab, kernel: kernel, kvm: kvm, own: modules, qemu: qemu, library: library,
            programs: programs, tools: withUserTools ? try await UserTools(lab) : nil)
        var stands: [Stand] = []
        if hosts == .intel || hosts == .all {
            stands.append(
                Stand(
                    host: IntelHost(bochs: try await Bochs.build(lab), cpus: 3),
                    setups: Self.setups(of: .pulse), reasons: [],
                    reasonsByDefault: ["no-interrupt-remapping"]))
        }
        if hosts == .amd || hosts == .all {
            stands.append(
                Stand(
                    host: AMDHost(qemu: qemu.program),
                    setups: Self.setups(of: .nvme) + [
                        Setup(
                            device: .nvme, vcpus: 2, isRemapped: true, isolatesPageTables: true,
                            phases: [Phase(eli: true, load: .timersAndIPIs)]),
                        Setup(device: .igb, phases: [Phase(), Phase(eli: true)]),
                    ],
                    reasons: []))
        }
        if let here {
            stands.append(Stand(host: here, setups: [Setup(device: .pulse)], reasons: []))
        }
        self.stands = stands
        lab.cache.prune()
    }

    /// Guests with one vCPU and with two, busy and idle. Of those with two a short test has one on
    /// each host: on Bochs, where guests take minutes, the remapped one.
    private static func setups(of device: AssignedDevice) -> [Setup] {
        [
            Setup(
                device: device,
                phases: [Phase(), Phase(eli: true), Phase(eli: true, load: .idle)],
                isEssential: true),
            Setup(
                device: device, vcpus: 2,
                phases: [
                    Phase(load: .timersAndIPIs),
                    Phase(eli: true, load: .timersAndIPIs, isChecked: true),
                ], isEssential: device != .pulse),
            Setup(device: device, vcpus: 2, phases: [Phase(), Phase(eli: true)]),
            Setup(device: device, phases: [Phase(eli: true, load: .idleInGuest)]),
            Setup(device: device, isRemapped: true, phases: [Phase(eli: true, isChecked: true)]),
            Setup(
                device: device, vcpus: 2, isRemapped: true,
                phases: [Phase(eli: true, isChecked: true)], isEssential: device == .pulse),
        ]
    }

    /// - Returns: the path of libELI.so.
    private static func buildPlugin(_ lab: Workshop) async throws -> String {
        try await Command(
            "swift", ["build", "-c", "release", "--product", "ELI"], in: lab.paths.root,
            isNice: true
        ).run("libELI: compiling", log: lab.paths.log("plugin"))
        return lab.paths.root + "/.build/release/libELI.so"
    }

    /// - Throws: `LabError` if it isn't one of the hosts.
    func amdHost() throws -> AMDHost {
        guard let host = stands.compactMap({ $0.host as? AMDHost }).first else {
            throw LabError("this needs the AMD host")
        }
        return host
    }

    /// Boots each host and has `body` drive it.
    ///
    /// - Parameters:
    ///   - purpose, limit: as of `LabHost.boot`.
    /// - Returns: the results, in the order of the hosts.
    func boot<Result: Sendable>(
        purpose: String, limit: Duration = .seconds(3600),
        _ body: @escaping @Sendable (HostSession) async throws -> [Result]
    ) async throws -> [Result] {
        var results: [Result] = []
        for stand in stands {
            results += try await stand.host.boot(
                image: image, lab: lab, limit: limit, purpose: purpose, body: body)
        }
        return results
    }

    /// Boots of hosts that measure their devices there. One whose emulator takes one thread is booted
    /// for each guest: two of those boots fit beside each other.
    ///
    /// - Parameters:
    ///   - count: operations in each run.
    ///   - pulses: the same for the pulse device, which raises them faster than any other.
    ///   - checks: whether to test the host first.
    ///   - setups: whether to measure one.
    func measurements(
        count: Int, pulses: Int, checks: Bool,
        setups: (InterruptScenario.Setup) -> Bool
    ) async throws -> [Measurement] {
        let scenario = InterruptScenario(
            lab: lab, kernel: kernel, qemuVersion: try await qemu.version())
        return stands.flatMap { stand in
            let wanted = stand.setups.filter(setups)
            let boots = stand.host.isSingleThreaded ? wanted.map { [$0] } : [wanted]
            return boots.enumerated().map { index, setups in
                Measurement(stand: stand, number: index + 1) {
                    try await stand.host.boot(
                        image: image, lab: lab, limit: .seconds(3600), purpose: "measure-\(index + 1)"
                    ) { session in
                        let isTested = checks && index == 0
                        if isTested { try await Self.check(session, stand) }
                        try await session.loadKVM(parameters: stand.host.kvmParameters)
                        if isTested && stand.reasons.isEmpty { try await session.run("kvm-configure") }
                        return try await Self.measure(stand, setups, scenario, on: session) {
                            $0 == .pulse ? pulses : count
                        }
                    }
                }
            }
        }
    }

    /// A boot of a host that measures.
    struct Measurement: Sendable {
        let stand: Stand
        /// Which of the host's boots it is, from 1.
        let number: Int
        let run: @Sendable () async throws -> [Report.Run]
    }

    /// A job for each host that switches ELI while its first device interrupts.
    ///
    /// - Parameter count: how often.
    func toggles(
        _ count: (any LabHost) -> Int
    ) async throws -> [@Sendable () async throws -> [ToggleRun]] {
        let version = try await qemu.version()
        return stands.map { stand in
            let count = count(stand.host)
            return {
                try await stand.host.boot(
                    image: image, lab: lab, limit: .seconds(3600), purpose: "toggle"
                ) { session in
                    try await session.loadKVM(parameters: stand.host.kvmParameters)
                    let scenario = ToggleScenario(
                        host: session, kernel: kernel, qemuVersion: version)
                    return [try await scenario.run(stand.setups[0].device, toggles: count)]
                }
            }
        }
    }

    /// A job for each host that has hostile guests attack it.
    ///
    /// - Parameters:
    ///   - attacks: their names.
    ///   - sharesCPU: as of `AttackScenario`.
    func attacks(
        _ attacks: [String], sharesCPU: Bool = false
    ) async throws -> [@Sendable () async throws -> [AttackRun]] {
        let version = try await qemu.version()
        return stands.map { stand in
            {
                try await attack(stand, "") {
                    try await AttackScenario(
                        host: $0, kernel: kernel, qemuVersion: version, sharesCPU: sharesCPU
                    ).run(attacks)
                }
            }
        }
    }

    /// A job for each host and protection that shows what happens without it.
    func attacks(
        without protections: [Protection]
    ) async throws -> [@Sendable () async throws -> [AttackRun]] {
        let version = try await qemu.version()
        return stands.flatMap { stand in
            protections.map { protection in
                { @Sendable in
                    try await attack(stand, "eli_unprotected=\(protection.parameter)") {
                        try await AttackScenario(host: $0, kernel: kernel, qemuVersion: version)
                            .run(without: protection)
                    }
                }
            }
        }
    }

    private func attack(
        _ stand: Stand, _ parameters: String,
        _ body: @escaping @Sendable (HostSession) async throws -> [AttackRun]
    ) async throws -> [AttackRun] {
        try await stand.host.boot(
            image: image, lab: lab, limit: .seconds(3600), purpose: "attack" + parameters
        ) { session in
            try await session.loadKVMForPulse(parameters: parameters)
            return try await body(session)
        }
    }

    /// Tests the host with KVM's default parameters.
    private static func check(_ session: HostSession, _ stand: Stand) async throws {
        try await session.loadKVM(parameters: "")
        var checks = HostChecks(
            host: session, hostReasons: stand.reasonsByDefault ?? stand.reasons)
        let passed = try await checks.run()
        Console.shared.say("\(stand.host.name): \(passed) checks passed")
        try await session.run("rmmod \(stand.host.vendorModule) && rmmod kvm")
    }

    private static func measure(
        _ stand: Stand, _ setups: [InterruptScenario.Setup], _ scenario: InterruptScenario,
        on session: HostSession, count: (AssignedDevice) -> Int
    ) async throws -> [Report.Run] {
        var runs: [Report.Run] = []
        for setup in setups {
            runs += try await scenario.measure(
                setup, count: count(setup.device), on: session)
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
