/// Host CPUs, and who runs where.
extension Doctor {
    /// The CPUs that vCPUs have for themselves, or would get.
    private var dedicated: CPUSet {
        CPUSet(facts.homes.numbers.union(facts.isolated.numbers))
    }

    /// Boot options that leave CPUs to vCPUs.
    private func bootOptions(_ cpus: CPUSet) -> String {
        guard !cpus.isEmpty else {
            return "boot the host with isolcpus=LIST nohz_full=LIST irqaffinity=OTHERS, where LIST are "
                + "the CPUs for vCPUs, without CPU 0"
        }
        let others = facts.online.subtracting(cpus)
        return "boot the host with isolcpus=\(cpus.list) nohz_full=\(cpus.list) "
            + "irqaffinity=\(others.isEmpty ? "0" : others.list)"
    }

    var isolation: Finding {
        let exposed = facts.homes.subtracting(facts.isolated)
        if !exposed.isEmpty {
            return .warning(
                "isolation", "vCPUs are pinned to host CPUs \(exposed.list), which are not isolated",
                bootOptions(facts.homes))
        }
        guard facts.isolated.isEmpty else {
            return .ok("isolation", "host CPUs \(facts.isolated.list) are isolated")
        }
        return .warning("isolation", "no host CPU is isolated", bootOptions(CPUSet()))
    }

    /// Nothing where no CPU is isolated: that is told once.
    var tickless: [Finding] {
        let ticking = facts.isolated.subtracting(facts.tickless)
        guard !facts.isolated.isEmpty else { return [] }
        return [
            ticking.isEmpty
                ? .ok("nohz-full", "host CPUs \(facts.tickless.list) run without the host's tick")
                : .warning(
                    "nohz-full",
                    "host CPUs \(ticking.list) are isolated, but keep the host's tick: each ends "
                        + "a guest's time in direct mode", bootOptions(facts.isolated))
        ]
    }

    var irqAffinity: Finding {
        guard let mask = facts.tree.line("proc/irq/default_smp_affinity"),
            let cpus = CPUSet(mask: mask)
        else {
            return .warning(
                "irq-affinity", "/proc/irq/default_smp_affinity can't be read", "run elictl as root")
        }
        let shared = cpus.intersection(dedicated)
        guard !shared.isEmpty else {
            return .ok("irq-affinity", "new irqs of the host's go to host CPUs \(cpus.list)")
        }
        return .warning(
            "irq-affinity", "new irqs of the host's may go to host CPUs \(shared.list), which vCPUs have",
            bootOptions(dedicated))
    }

    var irqBalance: Finding {
        let running = facts.tree.processes.first {
            facts.tree.line("proc/\($0)/comm") == "irqbalance"
        }
        guard let running else { return .ok("irqbalance", "irqbalance does not run") }
        let cpus = dedicated.isEmpty ? "LIST" : dedicated.list
        return .warning(
            "irqbalance",
            "irqbalance (pid \(running)) moves the host's irqs to any CPU, those of vCPUs as well",
            "stop it (systemctl disable --now irqbalance), or set IRQBALANCE_BANNED_CPULIST=\(cpus) "
                + "in /etc/default/irqbalance")
    }

    // MARK: vCPUs of VMs that run

    var pinning: [Finding] {
        facts.machines.filter { $0.usesKVM != false }.flatMap { machine -> [Finding] in
            if machine.vcpus.isEmpty {
                return [
                    .warning(
                        "pinning", "\(machine.title): which threads are its vCPUs is unknown",
                        "start it with -name debug-threads=on or a QMP socket, or see 'elictl status'")
                ]
            }
            let vcpus = machine.vcpus.filter { $0.accelerator == "KVM" }
            let misplaced = vcpus.compactMap { misplacement(of: $0, in: machine) }
            guard !vcpus.isEmpty, misplaced.isEmpty else { return misplaced }
            let homes = CPUSet(Set(vcpus.compactMap { $0.allowed.only }))
            return [.ok("pinning", "\(machine.title): vCPUs are pinned to host CPUs \(homes.list)")]
        }
    }

    private func misplacement(of vcpu: VCPUThread, in machine: VirtualMachine) -> Finding? {
        let name = "\(machine.title): vCPU \(vcpu.index) (thread \(vcpu.thread))"
        let elsewhere = "pin it to another CPU: taskset -pc CPU \(vcpu.thread), or libvirt's vcpupin"
        let seen: String
        let remedy: String
        switch vcpu.allowed.only {
        case nil:
            seen = "\(name) may run on host CPUs \(vcpu.allowed.list)"
            remedy = "pin it to one CPU: taskset -pc CPU \(vcpu.thread), or libvirt's vcpupin"
        case 0:
            seen = "\(name) is pinned to host CPU 0, which is the host's own"
            remedy = elsewhere
        case let home?:
            let others = facts.vcpus.filter { $0.thread.allowed.only == home }
            guard others.count > 1 else { return nil }
            seen = "\(name) shares host CPU \(home) with another vCPU"
            remedy = elsewhere
        }
        // A VM that doesn't ask for ELI may be as it likes.
        return machine.wantsELI
            ? .problem("pinning", seen, remedy) : .warning("pinning", seen, remedy)
    }
}
