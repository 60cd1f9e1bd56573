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

    /// The reason that `ELI_ADMIT_NO_INTR_REMAPPING` accepts.
    static let interruptRemapping: UInt64 = 1 << 9
    private static let notBuilt: UInt64 = 1 << 0
    private static let direct: UInt64 = 1 << 1

    /// - Returns: nil if the facts have flags that this library doesn't know.
    init?(_ facts: eli_facts) {
        let admitNoRemapping: UInt32 = 1 << 0
        guard facts.flags & ~admitNoRemapping == 0 else { return nil }
        var found = facts.reasons
        if facts.features & Self.direct == 0 {
            found |= Self.notBuilt
        }
        let admitted = facts.flags & admitNoRemapping != 0 ? Self.interruptRemapping : 0
        blocking = found & ~admitted
        accepted = found & admitted
    }
}
