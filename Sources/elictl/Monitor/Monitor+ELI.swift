import Foundation

/// What elictl asks a VM for in more than one place.
extension Monitor {
    /// The state of ELI, and QEMU's own answer that says it.
    ///
    /// - Throws: `MonitorError.withoutELI` if the QEMU has none.
    func eliInfo() async throws -> (info: ELIInfo, reply: Data) {
        let command = "query-eli"
        let reply = try await eliReply(to: command)
        return (try result(of: reply, to: command, as: ELIInfo.self), reply)
    }

    /// Whether the VM runs on KVM.
    var usesKVM: Bool {
        get async throws { try await query("query-kvm", as: KVMInfo.self).enabled }
    }
}

/// What query-kvm answers.
private struct KVMInfo: Decodable {
    let enabled: Bool
}
