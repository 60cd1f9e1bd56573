import Foundation

/// What must hold in a guest with a shadow over its IDT: vectors that the shadow displaces work for
/// a virtual device at the same time, and whatever the guest writes to its IDT is in force at once
/// and whole.
struct RemapChecks: CheckSuite, Sendable {
    let title = "remapped vectors"
    let guest: GuestSession
    let device: AssignedDevice
    let vcpus: Int
    var passed = 0
    /// What they found, for a report.
    private(set) var notes: [String] = []

    init(guest: GuestSession, device: AssignedDevice, vcpus: Int) {
        self.guest = guest
        self.device = device
        self.vcpus = vcpus
    }

    /// The virtual device: the keyboard, whose irq Linux gives a vector before all others.
    private static let virtualIRQ = "i8042"
    private static let virtualIRQNumber = "1"

    /// An interrupt that `info eli` tells about.
    private struct Route {
        let vcpu: Int
        let guestVector: Int
        let hostVector: Int
    }

    /// - Returns: how many checks passed.
    /// - Throws: `LabError` for the first that doesn't.
    mutating func run() async throws -> Int {
        try await guest.run("modprobe eli_idt")
        let routes = try await checkRoutes()
        try await checkDisplaced(routes)
        try await checkNearWrites()
        try await checkFarWrites()
        if vcpus > 1 { try await checkUpperWrites() }
        try await checkAbsentGate()
        notes.append("\(passed) checks of remapped vectors passed")
        return passed
    }

    /// Each route has two vectors, and no gate of the table that the vCPUs share serves two.
    private mutating func checkRoutes() async throws -> [Route] {
        let text = try await guest.monitor("info eli")
        let pattern =
            /vector 0x([0-9a-f]+) of vCPU ([0-9]+), .*remapped \(host vector 0x([0-9a-f]+), placed\)/
        let routes = text.split(separator: "\n").compactMap { line -> Route? in
            guard let match = line.firstMatch(of: pattern), let vcpu = Int(match.2),
                let own = Int(match.1, radix: 16), let host = Int(match.3, radix: 16)
            else { return nil }
            return Route(vcpu: vcpu, guestVector: own, hostVector: host)
        }
        try expect(
            Set(routes.map(\.vcpu)) == Set(0..<vcpus), "each vCPU has remapped routes:\n\(text)")
        try expect(
            routes.allSatisfy { $0.guestVector != $0.hostVector }
                && Set(routes.map(\.hostVector)).count == routes.count,
            "host vectors differ from the guest's and from each other:\n\(text)")
        return routes
    }

    /// A guest vector in whose place another gate stands is used by a virtual device while the
    /// assigned one is at work.
    private mutating func checkDisplaced(_ routes: [Route]) async throws {
        let displaced = Set(routes.map(\.hostVector))
        let vector = try await vector(ofIRQ: Self.virtualIRQNumber)
        try expect(
            displaced.contains(vector),
            "vectors \(displaced.sorted()) are displaced, the keyboard has \(vector)")
        let before = try await handledByKeyboard()
        try await device.startWork(in: guest, vcpus: vcpus)
        let statistics = try await guest.statistics()
        let keys = 50
        for _ in 0..<keys { _ = try await guest.monitor("sendkey a 1") }
        // A scan code for each press and release.
        let start = ContinuousClock.now
        while try await handledByKeyboard() - before < keys * 2 {
            guard ContinuousClock.now - start < .seconds(120) else { break }
        }
        let grown = try await guest.statistics().growth(since: statistics)
        try await device.stopWork(in: guest)
        let handled = try await handledByKeyboard() - before
        try expect(handled == keys * 2, "\(handled) interrupts of \(keys) keys")
        let entries = grown["eli_to_direct"] ?? 0
        try expect(entries >= keys, "direct mode was entered \(entries) times meanwhile")
        notes.append(
            "\(handled) interrupts of the keyboard by the displaced vector "
                + "0x\(String(vector, radix: 16)), direct mode between them")
    }

    private func handledByKeyboard() async throws -> Int {
        try await rows(of: Self.virtualIRQ).first { $0.label == Self.virtualIRQNumber }?
            .counts.reduce(0, +) ?? 0
    }

    /// Single stores to the gate of an interrupt that arrives all the while: each interrupt goes
    /// through the old gate or the new one.
    private mutating func checkNearWrites() async throws {
        let counts = try await write("near_writes", 1000)
        try expect(
            counts.first > 0 && counts.second > 0, "gates in use while one is changed: \(counts)")
        try expect(counts.own == 0, "an interrupt went through a gate that was replaced: \(counts)")
        notes.append("IDT written by single stores: \(counts.text)")
    }

    /// New gates whose halves both differ.
    private mutating func checkFarWrites() async throws {
        let counts = try await write("far_writes", 1000)
        try expect(
            counts.first + counts.second > 0 && counts.own > 0,
            "gates in use while one is changed: \(counts)")
        notes.append("IDT written by halves: \(counts.text)")
    }

    /// Upper halves that the shadow can't take over by one store, while another vCPU takes the
    /// interrupt: `stopWork` has told if one was lost.
    private mutating func checkUpperWrites() async throws {
        let before = try await guest.statistics()
        _ = try await write("upper_writes", 1000)
        let grown = try await guest.statistics().growth(since: before)
        let direct = grown["eli_bounces_np"] ?? 0, injected = grown["eli_gate_exits"] ?? 0
        try expect(direct + injected > 0, "no interrupt met a gate that was being changed")
        notes.append(
            "IDT's upper halves written: \(direct) interrupts met an absent gate in direct mode, "
                + "KVM asked about \(injected)")
    }

    /// INT n through a gate that isn't present is the guest's own #NP.
    private mutating func checkAbsentGate() async throws {
        let before = try await guest.statistics()
        try await guest.run("echo 1 >\(Self.parameter("absent_gate"))")
        let answer = try await guest.run("cat \(Self.parameter("absent_gate"))")
        let asked = try await guest.statistics().growth(since: before)["eli_gate_exits"] ?? 0
        try expect(answer.contains("1"), "INT n through an absent gate: \(answer)")
        try expect(asked >= 1, "KVM didn't ask about an absent gate")
    }

    // MARK: - The guest's module eli_idt

    private struct Counts: CustomStringConvertible {
        let handled: Int
        let first: Int
        let second: Int
        let own: Int
        let text: String

        var description: String { text }
    }

    private static func parameter(_ name: String) -> String {
        "/sys/module/eli_idt/parameters/\(name)"
    }

    private func vector(ofIRQ irq: String) async throws -> Int {
        let text = try await guest.run(
            "echo \(irq) >\(Self.parameter("irq")) && cat \(Self.parameter("irq"))")
        guard let vector = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)), vector > 0
        else { throw LabError("\(title): irq \(irq) of the guest has no vector: \(text)") }
        return vector
    }

    private func rows(of name: String) async throws -> [InterruptTable.Row] {
        try await guest.interrupts(describedBy: name).rows(describedBy: name)
    }

    /// Writes the gate of the assigned device's irq on vCPU 0 while it works, from the last vCPU.
    private func write(_ parameter: String, _ count: Int) async throws -> Counts {
        let irq = device.directIRQ(vcpu: 0)
        guard let row = try await rows(of: irq).first else {
            throw LabError("\(title): the guest has no \(irq)")
        }
        _ = try await vector(ofIRQ: row.label)
        // Another vCPU may have an irq of the same vector, by the same gate.
        try await device.startWork(in: guest, vcpus: 1)
        try await guest.run(
            "taskset \(1 << (vcpus - 1)) sh -c 'echo \(count) >\(Self.parameter(parameter))'",
            timeout: .seconds(300))
        try await device.stopWork(in: guest)
        let text = try await guest.run("cat \(Self.parameter("report"))")
        return Counts(
            handled: try text.number(after: "handled="), first: try text.number(after: "first="),
            second: try text.number(after: "second="), own: try text.number(after: "own="),
            text: text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
