import CELI
import Foundation

/// Looks whether a host is ready for ELI.
struct Doctor {
    let facts: HostFacts
    private let reasons: HostReasons

    init(_ facts: HostFacts) {
        self.facts = facts
        reasons = HostReasons(facts)
    }

    /// All findings, what is needed first.
    var findings: [Finding] {
        [cpu, modules] + needs + [library] + nested + unsafeInterrupts
            + [isolation] + tickless + [irqAffinity, irqBalance] + pinning + [lockedMemory, hugePages]
    }

    // MARK: KVM

    private var cpu: Finding {
        guard let virtualization = facts.cpu.virtualization else {
            return .problem(
                "cpu", "the CPU (\(facts.cpu.vendor)) shows neither VMX nor SVM",
                facts.cpu.isGuest
                    ? "this is a virtual machine: use a physical host, or have its host expose VMX or "
                        + "SVM (nested virtualization)"
                    : "enable VT-x or AMD-V in the firmware")
        }
        return .ok("cpu", "\(virtualization.rawValue) (\(facts.cpu.vendor))")
    }

    private var modules: Finding {
        switch facts.kvm {
        case .absent:
            return .problem(
                "kvm-modules", "there is no /dev/kvm",
                "load kvm_intel or kvm_amd; the kernel's log says why if that fails")
        case .inaccessible(let error):
            return .problem(
                "kvm-modules", "/dev/kvm: \(String(cString: strerror(error)))",
                "run elictl as root, or as a member of the group of /dev/kvm")
        case .stock: return finding(.unpatched, "kvm-modules")
        case .unanswered: return finding(.queryFailed, "kvm-modules")
        case .answered(let features, let reasons):
            if reasons.contains(.notBuilt) { return finding(.notBuilt, "kvm-modules") }
            return .ok("kvm-modules", "patched: \(features.text)")
        }
    }

    /// A problem in the words of eli_reasons.h.
    private func finding(_ bit: ReasonBits, _ check: String) -> Finding {
        let words = bit.words[0]
        return Finding(
            check: check, verdict: .problem, code: words.code, seen: words.message,
            remedy: words.remedy)
    }

    private static func check(of bit: ReasonBits) -> String {
        switch bit {
        case .noX2APIC: "x2apic"
        case .noInterruptRemapping: "interrupt-remapping"
        case .noHousekeepingCPU: "housekeeping-cpu"
        case .noRawIO: "capabilities"
        default: "cpu-features"
        }
    }

    /// What KVM needs of the host: reasons against it, and what is as it must be.
    private var needs: [Finding] {
        let all = kvmReasons + featuresSeen
        return ["cpu-features", "x2apic", "interrupt-remapping", "housekeeping-cpu", "capabilities"]
            .flatMap { check in all.filter { $0.check == check } }
    }

    private var kvmReasons: [Finding] {
        reasons.bits.subtracting(.notBuilt).words.map { words in
            let check = Self.check(of: words.bit)
            guard words.bit == .noRawIO else { return finding(words.bit, check) }
            // That is about elictl, not about a QEMU.
            return .warning(check, "elictl has no CAP_SYS_RAWIO; QEMU needs it", words.remedy)
        }
    }

    /// What is as it must be, or can't be told.
    private var featuresSeen: [Finding] {
        let failed = Set(kvmReasons.map(\.check))
        let source = reasons.isKVMsWord ? "as KVM says" : "as far as can be told without KVM's word"
        var findings: [Finding] = []
        if !failed.contains("cpu-features"), let virtualization = facts.cpu.virtualization {
            findings.append(.ok("cpu-features", "\(virtualization.rawValue) has all, \(source)"))
        }
        if !failed.contains("x2apic") {
            findings.append(
                reasons.isX2APICKnown
                    ? .ok("x2apic", "the host's local APICs are in x2APIC mode")
                    : .warning(
                        "x2apic", "the CPU has x2APIC mode; whether the host uses it is unknown",
                        "load the module msr and run elictl as root, or see 'dmesg | grep -i x2apic'"))
        }
        if !failed.contains("interrupt-remapping"), !acceptsUnsafeInterrupts {
            findings.append(
                facts.tree.exists("proc/interrupts") || reasons.isKVMsWord
                    ? .ok("interrupt-remapping", "the host remaps interrupts")
                    : .warning(
                        "interrupt-remapping", "/proc/interrupts can't be read",
                        "run elictl as root"))
        }
        if !failed.contains("housekeeping-cpu") {
            findings.append(.ok("housekeeping-cpu", "host CPUs \(facts.online.list) are online"))
        }
        return findings
    }

    private var acceptsUnsafeInterrupts: Bool {
        guard case .answered(let features, _) = facts.kvm else { return false }
        return features.contains(.unsafeInterrupts)
    }

    // MARK: Settings that stand against it

    private var unsafeInterrupts: [Finding] {
        var findings: [Finding] = []
        if acceptsUnsafeInterrupts {
            findings.append(
                .warning(
                    "interrupt-remapping",
                    "the host does not remap interrupts, and kvm is told to accept that: an assigned "
                        + "device can raise any vector",
                    "load kvm with eli_allow_unsafe_interrupts=0, except in a lab"))
        }
        if facts.parameter("allow_unsafe_interrupts", of: "vfio_iommu_type1") == true {
            findings.append(
                .warning(
                    "vfio", "VFIO is told to assign devices without interrupt remapping",
                    "load vfio_iommu_type1 with allow_unsafe_interrupts=0"))
        }
        return findings
    }

    private var nested: [Finding] {
        for module in ["kvm_intel", "kvm_amd"] where facts.parameter("nested", of: module) == true {
            return [
                .warning(
                    "nested",
                    "\(module) offers nested virtualization, and a guest that gets it gets no direct "
                        + "mode", "\(ReasonBits.nested.words[0].remedy), or load \(module) with nested=0")
            ]
        }
        return []
    }

    private var library: Finding {
        switch facts.library {
        case .missing(let message):
            var finding = finding(.noLibrary, "library")
            finding.seen += ": \(message)"
            return finding
        case .foreign(let path):
            var finding = finding(.noLibrary, "library")
            finding.seen = "\(path) has no interface of version \(ELI_ABI_MAJOR) for ELI"
            return finding
        case .loaded(let path, let version, let major, let minor):
            let seen = "\(path), version \(version), ABI \(major).\(minor)"
            guard major == ELI_ABI_MAJOR else { return finding(.noLibrary, "library") }
            return minor >= ELI_ABI_MINOR
                ? .ok("library", seen)
                : .warning(
                    "library", "\(seen), older than this elictl's \(ELI_ABI_MAJOR).\(ELI_ABI_MINOR)",
                    "install libeli1 of the same version")
        }
    }
}
