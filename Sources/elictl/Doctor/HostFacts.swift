/// All that the doctor looks at.
struct HostFacts: Sendable {
    let tree: HostTree
    let kvm: KVMFacts
    let library: LibraryFacts
    let cpu: CPUFacts
    var machines: [VirtualMachine]

    init(tree: HostTree, kvm: KVMFacts, library: LibraryFacts) {
        self.tree = tree
        self.kvm = kvm
        self.library = library
        cpu = CPUFacts(cpuinfo: tree.text("proc/cpuinfo") ?? "")
        machines = VirtualMachine.all(on: tree)
    }

    /// Whether a boolean parameter of a module is set; nil if the module isn't loaded.
    func parameter(_ name: String, of module: String) -> Bool? {
        tree.line("sys/module/\(module)/parameters/\(name)").map { ["Y", "1"].contains($0) }
    }

    /// The host CPUs of a file that lists some; none if there is no such list.
    func cpus(_ path: String) -> CPUSet {
        tree.line(path).flatMap { CPUSet(list: $0) } ?? CPUSet()
    }

    var online: CPUSet { cpus("sys/devices/system/cpu/online") }
    var isolated: CPUSet { cpus("sys/devices/system/cpu/isolated") }
    var tickless: CPUSet { cpus("sys/devices/system/cpu/nohz_full") }

    /// The vCPUs that run on KVM.
    var vcpus: [(machine: VirtualMachine, thread: VCPUThread)] {
        machines.flatMap { machine in
            machine.vcpus.filter { $0.accelerator == "KVM" }.map { (machine, $0) }
        }
    }

    /// Host CPUs that a vCPU is pinned to. CPU 0 stays the host's own, whoever is pinned to it.
    var homes: CPUSet {
        CPUSet(Set(vcpus.compactMap { $0.thread.allowed.only })).subtracting(CPUSet([0]))
    }
}
