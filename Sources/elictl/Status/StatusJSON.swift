import Foundation

/// What `status --json` prints: query-eli's answer, with each vCPU's counters added to it.
enum StatusJSON {
    /// - Parameter reply: QEMU's to query-eli.
    static func text(_ reply: Data, _ counters: VCPUCounters) throws -> String {
        let object = try JSONSerialization.jsonObject(with: reply) as? [String: Any]
        var info = object?["return"] as? [String: Any] ?? [:]
        info["vcpus"] = (info["vcpus"] as? [[String: Any]] ?? []).map { vcpu in
            let counts = (vcpu["cpu-index"] as? Int).flatMap { counters.byCPU[$0] } ?? [:]
            return vcpu.merging(["counters": counts]) { $1 }
        }
        let data = try JSONSerialization.data(
            withJSONObject: info, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }
}
