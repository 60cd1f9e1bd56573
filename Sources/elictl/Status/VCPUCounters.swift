import Foundation

/// KVM's statistics of a VM's vCPUs, by QEMU's number of the vCPU and the statistic's name.
struct VCPUCounters: Sendable {
    private struct CPU: Decodable {
        let cpuIndex: Int
        let qomPath: String
    }
    private struct Statistics: Decodable {
        struct Entry: Decodable {
            private enum CodingKeys: CodingKey { case name, value }
            let name: String
            /// nil if it isn't a number, but a histogram, say.
            let value: UInt64?

            init(from decoder: any Decoder) throws {
                let entry = try decoder.container(keyedBy: CodingKeys.self)
                name = try entry.decode(String.self, forKey: .name)
                value = try? entry.decode(UInt64.self, forKey: .value)
            }
        }
        let qomPath: String?
        let stats: [Entry]
    }
    /// Arguments of query-stats.
    private struct Filter: Encodable {
        struct Provider: Encodable {
            var provider = "kvm"
            let names: [String]
        }
        var target = "vcpu"
        let providers: [Provider]
    }

    /// KVM's own that elictl shows; older and newer kernels have them.
    static let kvmNames = ["exits", "irq_exits", "halt_exits", "irq_injections"]
    /// Those of the patched modules.
    static let eliNames = [
        "direct_entries", "to_direct", "to_injection", "bounces_np", "bounces_gp", "bounces_other",
        "adopted", "recovered", "quantum_exits", "quantum_exits_with_work", "holds", "lidt_exits",
        "desc_exits", "soft_interrupts", "reflected", "gate_exits",
    ].map { "eli_" + $0 }

    private(set) var byCPU: [Int: [String: UInt64]] = [:]

    init(_ byCPU: [Int: [String: UInt64]] = [:]) {
        self.byCPU = byCPU
    }

    /// Asks a VM.
    ///
    /// - Throws: `MonitorError.notKVM` if there is no KVM to count.
    static func read(from monitor: any Monitor) async throws -> VCPUCounters {
        guard try await monitor.usesKVM else {
            throw MonitorError.notKVM(name: monitor.name)
        }
        let cpus = try await monitor.query("query-cpus-fast", as: [CPU].self)
        let filter = Filter(providers: [.init(names: kvmNames + eliNames)])
        let results = try await monitor.query("query-stats", filter, as: [Statistics].self)
        let indices = Dictionary(cpus.map { ($0.qomPath, $0.cpuIndex) }) { first, _ in first }
        var counters = VCPUCounters()
        for result in results {
            guard let index = result.qomPath.flatMap({ indices[$0] }) else { continue }
            for entry in result.stats {
                counters.byCPU[index, default: [:]][entry.name] = entry.value
            }
        }
        return counters
    }
}
