/// A thread of QEMU's that runs a vCPU.
struct VCPUThread: Equatable, Sendable {
    /// QEMU's number of the vCPU.
    let index: Int
    let thread: Int
    /// "KVM", "TCG" and so on.
    let accelerator: String
    /// The host CPUs that it may run on.
    let allowed: CPUSet

    /// Those of a process, by the names that QEMU gives them with `-name debug-threads=on`, which
    /// libvirt always sets: "CPU 0/KVM".
    static func all(of process: Int, on tree: HostTree) -> [VCPUThread] {
        tree.numbers(in: "proc/\(process)/task").compactMap { thread in
            let folder = "proc/\(process)/task/\(thread)"
            guard let name = tree.line("\(folder)/comm"), name.hasPrefix("CPU ") else { return nil }
            let parts = name.dropFirst("CPU ".count).split(separator: "/")
            guard parts.count == 2, let index = Int(parts[0]) else { return nil }
            return VCPUThread(
                index: index, thread: thread, accelerator: String(parts[1]),
                allowed: allowed(folder, tree))
        }.sorted { $0.index < $1.index }
    }

    /// - Parameter folder: of the thread, in proc.
    static func allowed(_ folder: String, _ tree: HostTree) -> CPUSet {
        let list = tree.fields("\(folder)/status")["Cpus_allowed_list"]
        return list.flatMap { CPUSet(list: $0) } ?? CPUSet()
    }
}
