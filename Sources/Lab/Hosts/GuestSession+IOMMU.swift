import Foundation

/// The eli-iommu of a running guest, by QMP, and the host's account of it.
extension GuestSession {
    /// Bytes of QEMU's locked memory, by the host's kernel.
    func pinned() async throws -> Int {
        let text = try await host.run("awk '/^VmLck:/ { print $2 }' /proc/$qemu/status")
        guard let kilobytes = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw LabError("VmLck: \(text)")
        }
        return kilobytes * 1024
    }

    /// Bytes that VFIO has pinned in the host, and those that the guest has mapped for its devices.
    func pinsAndMappings() async throws -> (pinned: Int, mapped: Int) {
        let state = try await qmp("query-eli-iommu") as? [String: Any]
        let devices = state?["devices"] as? [[String: Any]] ?? []
        return (
            try await pinned(), devices.reduce(0) { $0 + ($1["mapped"] as? Int ?? 0) }
        )
    }
}
