/// The kvm modules that a host can run.
enum KVMModuleSet: String, CaseIterable, Codable, Sendable {
    /// Debian's own.
    case stock
    /// Ours.
    case patched
}

extension HostSession {
    /// Loads these kvm modules in place of those loaded. No VM may exist.
    func load(_ modules: KVMModuleSet) async throws {
        try await run("kvm-modules \(modules.rawValue)")
    }
}
