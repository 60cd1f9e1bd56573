import Foundation

/// ELI in a running guest, by QMP.
extension GuestSession {
    /// An interrupt of an assigned device that query-eli tells of.
    struct ELIRoute: Sendable {
        /// The device's ID, "" without one.
        let device: String
        let placement: String
        /// "placed" if its host irq is where it should be; "" for a pin.
        let state: String
        /// Code of the reason why it is injected; nil if it isn't.
        let reason: String?
    }

    /// What query-eli answers.
    struct ELIState: Sendable {
        /// Codes of the reasons why ELI can't run.
        let reasons: [String]
        /// "identity" and so on, the least of all routes; "none" without routes.
        let placement: String
        let guestVectors: Set<Int>
        let routes: [ELIRoute]
        /// Those of pins (INTx), which are always injected.
        let pins: [ELIRoute]
        /// All of it, as JSON.
        let text: String

        /// Whether all host irqs are where they should be. There may be interrupts that the guest
        /// has shut down, such as those of a vCPU that is gone.
        var isPlaced: Bool {
            let active = routes.filter { $0.reason != "no-destination" }
            return !active.isEmpty && active.allSatisfy { $0.state == "placed" }
        }
    }

    func eliState() async throws -> ELIState {
        guard let info = try await qmp("query-eli") as? [String: Any],
            let reasons = info["reasons"] as? [[String: Any]]
        else { throw LabError("query-eli: no reasons") }
        // Not those of the machine's own devices, which no host irq stands behind.
        let routes = (info["routes"] as? [[String: Any]] ?? []).filter {
            ($0["path"] as? String ?? "").hasPrefix("/machine/peripheral")
        }
        let placements = routes.compactMap { $0["placement"] as? String }
        let placement = ["injected", "remapped", "identity"].first(where: placements.contains)
        let text = try JSONSerialization.data(withJSONObject: info, options: .sortedKeys)
        func list(_ entries: [[String: Any]]) -> [ELIRoute] {
            entries.map {
                ELIRoute(
                    device: $0["device"] as? String ?? "",
                    placement: $0["placement"] as? String ?? "injected",
                    state: $0["state"] as? String ?? "",
                    reason: ($0["reason"] as? [String: Any])?["code"] as? String)
            }
        }
        return ELIState(
            reasons: reasons.compactMap { $0["code"] as? String }, placement: placement ?? "none",
            guestVectors: Set(routes.compactMap { $0["guest-vector"] as? Int }),
            routes: list(routes), pins: list(info["pins"] as? [[String: Any]] ?? []),
            text: String(decoding: text, as: UTF8.self))
    }

    /// Switches ELI, and waits until all host irqs are placed if it is on.
    func setELI(_ on: Bool) async throws {
        try await qmp("eli-set", "{\"enabled\": \(on)}")
        if on { try await waitUntilPlaced() }
    }

    /// Switches ELI, off and on by turns.
    ///
    /// - Returns: what labctl says that it took.
    func toggleELI(_ count: Int) async throws -> String {
        let limit = Duration.seconds(60) + .seconds(2) * count
        return try await host.run(
            "labctl toggle \(Self.monitor) \(limit.components.seconds) \(count)",
            timeout: limit + .seconds(60))
    }

    /// Waits until the host irqs of all assigned devices are placed.
    ///
    /// - Parameter device: one of them, which must have interrupts.
    func waitUntilPlaced(device: String? = nil) async throws {
        let start = ContinuousClock.now
        while true {
            let state = try await eliState()
            if state.isPlaced, device == nil || state.routes.contains(where: { $0.device == device }) {
                return
            }
            guard ContinuousClock.now - start < .seconds(60) else {
                let log = try await logOfQEMU()
                throw LabError("not all placed: \(state.text)\n\(log)")
            }
        }
    }

    /// What QEMU and the host know of a guest that doesn't do what it should; it need not answer.
    func postMortem() async -> String {
        var commands = ["cat \(log)", "dmesg | tail -n 5", "tail -n 60 \(Self.console)"]
        if domain != nil { commands.append("tail -n 20 \(Self.libvirtLog)") }
        let isRunning = try? await host.attempt("[ -d /proc/$qemu ]").status == 0
        if isRunning ?? false {
            commands += [
                hostCommand(qmp: "query-eli"), hostCommand(qmp: "query-eli-iommu"),
                statisticsCommand(),
            ]
            for vcpu in 0..<2 {
                for line in Self.linesAboutCPU {
                    commands.append(
                        hostCommand(
                            qmp: "human-monitor-command",
                            Self.arguments(ofHuman: line, cpu: vcpu)))
                }
            }
        }
        var text = ""
        for command in commands {
            let answer = try? await host.attempt(command, timeout: .seconds(150))
            text += "# \(command)\n\(answer?.output ?? "no answer")\n"
        }
        return text.replacingOccurrences(of: "\\r\\n", with: "\n")
    }

    /// Where this lab has libvirtd write.
    static let libvirtLog = "/var/log/libvirt/libvirtd.log"

    /// Has `body` drive a host's guest, and adds that to the error if it fails.
    ///
    /// - Parameter domain: of the guest.
    static func withPostMortem<Result>(
        on host: HostSession, domain: String? = nil, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch {
            throw LabError("\(error)\n\(await GuestSession(host: host, domain: domain).postMortem())")
        }
    }

    /// KVM's statistics of ELI.
    private static let statisticNames = [
        "direct_entries", "to_direct", "to_injection", "bounces_np", "bounces_gp",
        "bounces_other", "adopted", "recovered", "quantum_exits", "quantum_exits_with_work",
        "holds", "lidt_exits", "desc_exits", "soft_interrupts", "reflected",
        "gate_exits",
    ].map { "eli_" + $0 }

    /// The host's command that prints KVM's statistics of ELI.
    static func statisticsCommand(monitor: String = monitor) -> String {
        hostCommand(qmp: "query-stats", statisticsArguments, monitor: monitor)
    }

    /// The same of this guest.
    func statisticsCommand() -> String {
        hostCommand(qmp: "query-stats", Self.statisticsArguments)
    }

    private static var statisticsArguments: String {
        // Not all of them: a serial line is slow.
        let names = statisticNames.map { "\"\($0)\"" }.joined(separator: ", ")
        return "{\"target\": \"vcpu\", \"providers\": "
            + "[{\"provider\": \"kvm\", \"names\": [\(names)]}]}"
    }

    func statistics() async throws -> [String: Int] {
        try Self.statistics(await host.run(statisticsCommand()))
    }

    /// - Parameter reply: what `statisticsCommand()` printed.
    /// - Returns: the sums over the vCPUs.
    static func statistics(_ reply: String) throws -> [String: Int] {
        let answer = try result(ofQMP: "query-stats", reply)
        var sums: [String: Int] = [:]
        for vcpu in answer as? [[String: Any]] ?? [] {
            for entry in vcpu["stats"] as? [[String: Any]] ?? [] {
                guard let name = entry["name"] as? String, let value = entry["value"] as? Int
                else { continue }
                sums[name, default: 0] += value
            }
        }
        return sums
    }
}

extension [String: Int] {
    /// How each count has grown.
    func growth(since before: [String: Int]) -> [String: Int] {
        reduce(into: [:]) { $0[$1.key] = $1.value - (before[$1.key] ?? 0) }
    }
}
