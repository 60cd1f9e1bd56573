/// Why ELI can't run on a host: by KVM's own word, or without that by what else tells.
struct HostReasons {
    let bits: ReasonBits
    /// Whether KVM said so. Without it, what none of these tell stays unknown.
    let isKVMsWord: Bool
    /// Whether it is known which mode the host's APICs are in.
    let isX2APICKnown: Bool

    init(_ facts: HostFacts) {
        if case .answered(_, let reasons) = facts.kvm {
            bits = reasons
            isKVMsWord = true
            isX2APICKnown = true
            return
        }
        let enabled = Self.isX2APICEnabled(facts)
        var bits = Self.features(facts)
        if enabled == false { bits.insert(.noX2APIC) }
        if let table = facts.tree.text("proc/interrupts"), !Self.remapsInterrupts(table) {
            bits.insert(.noInterruptRemapping)
        }
        if facts.online.only != nil { bits.insert(.noHousekeepingCPU) }
        self.bits = bits
        isKVMsWord = false
        isX2APICKnown = enabled != nil
    }

    /// What the CPU lacks, and what is switched off.
    private static func features(_ facts: HostFacts) -> ReasonBits {
        func isMissing(_ flag: String, _ parameter: String? = nil) -> Bool {
            let isOff = parameter.map { facts.parameter($0, of: "kvm_intel") == false } ?? false
            return isOff || facts.cpu.vmxFlags?.contains(flag) == false
        }
        switch facts.cpu.virtualization {
        case .vmx:
            var bits: ReasonBits = []
            if isMissing("preemption_timer", "preemption_timer") { bits.insert(.noPreemptionTimer) }
            if isMissing("vtpr") { bits.insert(.noTPRShadow) }
            if isMissing("mtf") { bits.insert(.noMTF) }
            if isMissing("unrestricted_guest", "unrestricted_guest") {
                bits.insert(.noUnrestrictedGuest)
            }
            if isMissing("ept", "ept") { bits.insert(.noTDP) }
            return bits
        case .svm:
            let isOff = facts.parameter("npt", of: "kvm_amd") == false
            return isOff || !facts.cpu.flags.contains("npt") ? .noTDP : []
        case nil: return []
        }
    }

    /// nil if nothing tells: the CPU has x2APIC mode, which a host need not use.
    private static func isX2APICEnabled(_ facts: HostFacts) -> Bool? {
        guard facts.cpu.flags.contains("x2apic") else { return false }
        // IA32_APIC_BASE, bit 10: Intel SDM vol. 3, section 11.12.1.
        return facts.tree.register("dev/cpu/0/msr", at: 0x1b).map { $0 >> 10 & 1 == 1 }
    }

    /// - Parameter table: /proc/interrupts, whose chips are called "IR-PCI-MSI" and so on.
    static func remapsInterrupts(_ table: String) -> Bool {
        table.split(whereSeparator: \.isNewline).contains { line in
            line.split(separator: " ").contains { $0.hasPrefix("IR-") }
        }
    }
}
