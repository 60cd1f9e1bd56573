/// vCPUs of a QEMU that doesn't name its threads.
extension VirtualMachine {
    private struct CPU: Decodable {
        let cpuIndex: Int
        let threadId: Int
    }

    /// In seconds. A monitor that has another client never answers.
    private static let patience = 1.0

    /// The vCPUs by QEMU's word; none without a socket that answers.
    func askedVCPUs(on tree: HostTree) async -> [VCPUThread] {
        for case .socket(let path) in monitors {
            guard let client = try? QMPClient(connecting: path, timeout: Self.patience),
                let isKVM = try? await client.usesKVM,
                let cpus = try? await client.query("query-cpus-fast", as: [CPU].self)
            else { continue }
            return cpus.map { cpu in
                VCPUThread(
                    index: cpu.cpuIndex, thread: cpu.threadId, accelerator: isKVM ? "KVM" : "TCG",
                    allowed: VCPUThread.allowed("proc/\(process)/task/\(cpu.threadId)", tree))
            }
        }
        return []
    }
}
