import Foundation
import Tables

/// What `status` prints.
struct StatusReport {
    let info: ELIInfo
    let counters: VCPUCounters

    /// For people.
    var text: String {
        var sections = [overview]
        if !info.vcpus.isEmpty { sections += ["vCPUs", Self.section(vcpuTable, vcpuNotes)] }
        if !(info.routes.isEmpty && info.pins.isEmpty) {
            sections += ["routes", Self.section(RouteTable.text(info), routeNotes)]
        }
        return sections.joined(separator: "\n\n").printable
    }

    private static func section(_ table: String, _ notes: [String]) -> String {
        ([table] + notes.map { "  " + $0 }).joined(separator: "\n")
    }

    private var overview: String {
        var lines = [
            "mode         \(info.mode)",
            "active       \(info.active ? "yes" : "no")",
            "supported    \(info.supported ? "yes" : "no")",
        ]
        lines += info.reasons.map { "             \($0.message)\n               \($0.remedy)" }
        lines.append("max latency  \(info.maxLatencyUs) us")
        if let library = info.library {
            lines.append(
                "library      \(library.path), version \(library.version), ABI \(library.abi)")
        }
        lines.append("KVM          \(KVMFeatures(rawValue: info.kvmFeatures).text)")
        return lines.joined(separator: "\n")
    }

    // MARK: vCPUs

    private var vcpuTable: String {
        let heading = [
            "vCPU", "host CPU", "mode", "quantum us", "direct entries", "met limit", "other bounces",
            "adopted", "quantum ends", "to injection",
        ]
        return TextTable.text(
            names: 0,
            [heading]
                + info.vcpus.map { vcpu in
                    let counts = counters.byCPU[vcpu.cpuIndex] ?? [:]
                    return [
                        "\(vcpu.cpuIndex)", vcpu.homeCpu.text, vcpu.mode, vcpu.quantumUs.text,
                        counts["eli_direct_entries"].text, counts.metLimit.text,
                        counts["eli_bounces_other"].text, counts["eli_adopted"].text,
                        counts["eli_quantum_exits"].text, counts["eli_to_injection"].text,
                    ]
                })
    }

    private var vcpuNotes: [String] {
        info.vcpus.flatMap { vcpu in
            [
                vcpu.refusal.map { "vCPU \(vcpu.cpuIndex): \($0.text)" },
                vcpu.waits.isEmpty || vcpu.refusal != nil
                    ? nil : "vCPU \(vcpu.cpuIndex) waits for \(vcpu.waits.joined(separator: ", "))",
            ].compactMap { $0 }
        }
    }

    // MARK: Routes

    private var routeNotes: [String] {
        info.routes.compactMap { route in route.reason.map { "\(route.name): \($0.text)" } }
            + info.pins.map { "\($0.name): \($0.reason.text)" }
    }
}
