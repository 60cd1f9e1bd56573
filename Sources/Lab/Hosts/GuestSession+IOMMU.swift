import Foundation

/// The eli-iommu of a running guest, by QMP, and the host's account of it.
extension GuestSession {
    /// Bytes of QEMU's locked memory, by the host's kernel, when nothing is stale any more.
    func pinned() async throws -> Int {
        for asked in 1... {
            let stale = try await sumOfIOMMU("stale")
            if stale == 0 { break }
            guard asked < 100 else { throw LabError("\(stale) mappings are stale for good") }
        }
        return try await locked()
    }

    /// Bytes of QEMU's locked memory, by the host's kernel.
    func locked() async throws -> Int {
        let text = try await host.run("awk '/^VmLck:/ { print $2 }' /proc/$qemu/status")
        guard let kilobytes = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw LabError("VmLck: \(text)")
        }
        return kilobytes * 1024
    }

    /// A number of all devices together, by query-eli-iommu.
    func sumOfIOMMU(_ name: String) async throws -> Int {
        try await readIOMMU().sum(name)
    }

    /// Switches the sidecore of the eli-iommu.
    func setSidecore(_ on: Bool) async throws {
        try await qmp(
            "qom-set",
            "{\"path\": \"/machine/peripheral/\(GuestIOMMU.id)\", \"property\": \"sidecore\", "
                + "\"value\": \(on)}")
    }
}
