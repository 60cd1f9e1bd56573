/// Arguments of eli-set.
struct ELISetting: Encodable {
    private enum CodingKeys: String, CodingKey {
        case enabled
        case maxLatencyUs = "max-latency-us"
    }

    var enabled: Bool?
    /// In microseconds.
    var maxLatencyUs: Int?

    /// Has a VM work so, and prints what came of it.
    ///
    /// - Throws: `MonitorError`, with QEMU's own words if ELI can't run.
    func apply(to monitor: any Monitor) async throws {
        _ = try await monitor.eliReply(to: "eli-set", self)
        let info = try await monitor.eliInfo().info
        StandardStreams.print(Self.outcome(info))
    }

    /// One line about the state, and one for each vCPU and interrupt that gets nothing of it.
    static func outcome(_ info: ELIInfo) -> String {
        var lines = [
            "ELI is \(info.active ? "on" : "off"), max latency \(info.maxLatencyUs) us"
        ]
        if !info.routes.isEmpty {
            let direct = info.routes.filter { $0.placement != "injected" && $0.state == "placed" }
            lines[0] += ", \(direct.count) of \(info.routes.count) interrupts placed"
        }
        lines += info.vcpus.compactMap { vcpu in
            vcpu.refusal.map { "vCPU \(vcpu.cpuIndex): \($0.text)" }
        }
        return lines.joined(separator: "\n").printable
    }
}
