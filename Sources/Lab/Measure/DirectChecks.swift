import Foundation

/// What must hold in a guest whose vCPUs are in direct mode: it sees its own IDT, and whatever
/// makes a vCPU leave direct mode loses no interrupt and lets it come back.
struct DirectChecks: CheckSuite, Sendable {
    let title = "direct mode"
    let guest: GuestSession
    let device: AssignedDevice
    let vcpus: Int
    /// The device's host irqs.
    let irqs: [String]
    /// How they are placed.
    let placement: String
    var passed = 0
    /// What they found, for a report.
    private(set) var notes: [String] = []

    init(
        guest: GuestSession, device: AssignedDevice, vcpus: Int, irqs: [String],
        placement: String = "identity"
    ) {
        self.guest = guest
        self.device = device
        self.vcpus = vcpus
        self.irqs = irqs
        self.placement = placement
    }

    /// - Returns: how many checks passed.
    /// - Throws: `LabError` for the first that doesn't.
    mutating func run() async throws -> Int {
        try await guest.run("modprobe eli_probe")
        try await checkIDTR()
        try await checkAffinity()
        try await device.startWork(in: guest, vcpus: vcpus)
        try await checkSoftInterrupts()
        try await checkReloadedIDTR()
        try await checkQuantum()
        if guest.host.host.canTakeCPUsOffline { try await checkOfflineCPU() }
        try await device.stopWork(in: guest)
        passed += 1
        try await expectDirect(device, in: guest, vcpus: vcpus)
        // The module copies the IDT as the guest reads it, with a shadow's replaced gates.
        if placement == "identity" { try await checkOwnIDTs() }
        notes.append("\(passed) checks of direct mode passed")
        return passed
    }

    /// How one of KVM's statistics grows while `body` runs.
    private func growth(
        of statistic: String, _ body: () async throws -> Void
    ) async throws -> Int {
        let before = try await guest.statistics()
        try await body()
        return try await guest.statistics().growth(since: before)["eli_" + statistic] ?? 0
    }

    /// The limit is cut in the VMCS alone: SIDT and KVM_GET_SREGS tell the guest's own.
    private mutating func checkIDTR() async throws {
        let text = try await guest.monitor("info eli")
        for vcpu in 0..<vcpus {
            let line = text.split(separator: "\n").first { $0.hasPrefix("vCPU \(vcpu):") } ?? ""
            let limit = line.firstMatch(of: /IDTR limit 0x([0-9a-f]+)/).flatMap {
                Int($0.1, radix: 16)
            }
            try expect(
                limit.map { $0 < Self.fullLimit } ?? false,
                "info eli gives vCPU \(vcpu) a limit below \(Self.fullLimit):\n\(text)")
            notes.append("info eli: \(line)")
        }
        let placement = placement
        let routes = text.split(separator: "\n").filter {
            $0.contains(", \(placement) (host vector")
        }
        try expect(routes.count >= vcpus, "info eli tells \(placement) placements:\n\(text)")
        notes += routes.map { "info eli: \($0)" }

        let own = try await guest.run("cat /sys/module/eli_probe/parameters/idtr")
        try expect(own.contains("limit=\(Self.fullLimit)"), "SIDT's limit in the guest: \(own)")
        let registers = try await guest.monitor("info registers")
        // "IDT=     fffffe0000000000 00000fff"
        let idt = registers.firstMatch(of: /IDT= *([0-9a-f]+) ([0-9a-f]+)/)
        try expect(
            idt.flatMap { Int($0.2, radix: 16) } == Self.fullLimit
                && idt.flatMap { UInt64($0.1, radix: 16) }.map { own.contains("base=\($0) ") } == true,
            "info registers' IDT is the guest's own, \(own): \(idt?.0 ?? "none")")
        notes.append(
            "SIDT in the guest and KVM_GET_SREGS: "
                + own.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Linux's IDT has 256 gates.
    private static let fullLimit = 256 * 16 - 1

    /// Nobody moves an irq away that a guest gets directly.
    private mutating func checkAffinity() async throws {
        for irq in irqs.prefix(vcpus) {
            let answer = try await guest.host.attempt("echo 1 >/proc/irq/\(irq)/smp_affinity")
            try expect(answer.status != 0, "smp_affinity of the placed irq \(irq) can be written")
        }
        let state = try await guest.eliState()
        try expect(state.isPlaced, "irqs are where they were: \(state.text)")
    }

    /// INT n of a vector behind the limit, which faults in direct mode, does what it should.
    private mutating func checkSoftInterrupts() async throws {
        var output = ""
        let replayed = try await growth(of: "soft_interrupts") {
            output = try await guest.run("int80 1000")
        }
        try expect(output.contains("right=1000"), "INT 80h: \(output)")
        try expect(replayed > 500, "only \(replayed) of 1000 INT 80h met the limit")
    }

    /// LIDT: QEMU plans anew, and direct mode goes on.
    private mutating func checkReloadedIDTR() async throws {
        let exits = try await growth(of: "lidt_exits") { try await guest.probe("reload_idtr", 10) }
        try expect(exits >= 1, "no LIDT was noticed")
    }

    /// Each vCPU gets an IDT of its own while interrupts arrive, and then the one for all again.
    private mutating func checkOwnIDTs() async throws {
        for own in [1, 0] {
            try await device.startWork(in: guest, vcpus: vcpus)
            try await guest.probe("own_idts", own)
            try await guest.waitUntilPlaced()
            try await device.stopWork(in: guest)
            try await expectDirect(device, in: guest, vcpus: vcpus)
        }
    }

    /// A guest with interrupts disabled doesn't keep the host from its own.
    private mutating func checkQuantum() async throws {
        let quanta = 20
        let milliseconds = guest.host.host.maxLatency * quanta / 1000
        let exits = try await growth(of: "quantum_exits") {
            try await guest.probe("irqs_off_ms", milliseconds)
        }
        try expect(
            exits >= quanta / 2,
            "\(exits) ends of a quantum in \(milliseconds) ms with interrupts disabled")
    }

    /// The home CPU goes offline under a vCPU in direct mode, and comes back.
    private mutating func checkOfflineCPU() async throws {
        let online = "/sys/devices/system/cpu/cpu\(GuestSession.firstVCPUHostCPU + vcpus - 1)/online"
        // Not to CPU 0 (see GuestSession.boot).
        try await guest.pinVCPUs(isStrict: false)
        try await guest.host.run("echo 0 >\(online)")
        // Its vCPU goes on elsewhere, and so do the device's interrupts: by the host's handler.
        let before = try await handledByHost()
        repeat { try await guest.run("true") } while try await handledByHost() - before < 10
        let state = try await guest.eliState()
        try expect(!state.isPlaced, "irqs of an offline CPU are placed: \(state.text)")
        try await guest.host.run("echo 1 >\(online)")
        try await guest.pinVCPUs()
        try await guest.setELI(false)
        try await guest.setELI(true)
        passed += 1
    }

    private func handledByHost() async throws -> Int {
        try await guest.host.handled(by: device.hostIRQ)
    }
}
