import CELI

extension eli_facts: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_facts>.size }
}

/// Whether ELI may run, given what the VMM and KVM found.
struct Admission: Equatable {
    /// Reasons that stand in the way; 0 if ELI may run.
    let blocking: UInt64
    /// Reasons found, but accepted by an `ELI_ADMIT_*` flag.
    let accepted: UInt64

    /// - Returns: nil if the facts have flags that this library doesn't know.
    init?(_ facts: eli_facts) {
        guard facts.flags & ~UInt32(ELI_ADMIT_NO_INTR_REMAPPING) == 0 else { return nil }
        var found = facts.reasons
        // A KVM that gave no answer lacks more than direct mode, and its own reason says so.
        let noAnswer = UInt64(ELI_REASON_NOT_KVM) | UInt64(ELI_REASON_KVM_UNPATCHED)
            | UInt64(ELI_REASON_KVM_QUERY_FAILED)
        if facts.features & UInt64(KVM_ELI_FEATURE_DIRECT) == 0 && found & noAnswer == 0 {
            found |= UInt64(KVM_ELI_REASON_NOT_BUILT)
        }
        let admitted = facts.flags & UInt32(ELI_ADMIT_NO_INTR_REMAPPING) != 0
            ? UInt64(KVM_ELI_REASON_NO_INTR_REMAPPING) : 0
        blocking = found & ~admitted
        accepted = found & admitted
    }
}
