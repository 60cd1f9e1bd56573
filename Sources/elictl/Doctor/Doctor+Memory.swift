/// What VFIO and vCPUs need of memory.
extension Doctor {
    var lockedMemory: Finding {
        // linux/capability.h
        let lockBit = 14
        let capabilities = facts.tree.fields("proc/self/status")["CapEff"].flatMap {
            UInt64($0, radix: 16)
        }
        if let capabilities, capabilities >> lockBit & 1 == 1 {
            return .ok("memlock", "no limit for this user (CAP_IPC_LOCK)")
        }
        let limit = facts.tree.text("proc/self/limits")?.split(whereSeparator: \.isNewline)
            .first { $0.hasPrefix("Max locked memory") }?
            .split(separator: " ").dropFirst(3).first
        switch limit {
        case nil:
            return .warning("memlock", "the limit of locked memory is unknown", "see 'ulimit -l'")
        case "unlimited": return .ok("memlock", "no limit")
        case let bytes?:
            return .warning(
                "memlock", "this user may lock \(bytes) bytes of memory, and VFIO locks a guest's memory",
                "raise it for the user that runs QEMU (ulimit -l, or LimitMEMLOCK= of systemd); "
                    + "libvirt does that by itself")
        }
    }

    /// A hint, never a warning: ELI runs without them.
    var hugePages: Finding {
        let folder = "sys/kernel/mm/hugepages"
        let pools = facts.tree.names(in: folder).compactMap { name -> String? in
            guard let count = facts.tree.line("\(folder)/\(name)/nr_hugepages"), count != "0" else {
                return nil
            }
            return "\(count) of \(name.dropFirst("hugepages-".count))"
        }
        guard pools.isEmpty else {
            return .ok("huge-pages", "reserved: \(pools.joined(separator: ", "))")
        }
        return .ok(
            "huge-pages", "none is reserved",
            hint: "with some (hugepagesz=1G hugepages=N, or vm.nr_hugepages) VFIO maps a guest's memory "
                + "in fewer pieces")
    }
}
