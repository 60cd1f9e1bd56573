import CELI

/// Reasons why ELI can't run, as bits of kvm_eli.h and eli.h.
struct ReasonBits: OptionSet, Sendable {
    /// One of them with the words of eli_reasons.h.
    struct Words: Sendable {
        let bit: ReasonBits
        let code: String
        let message: String
        let remedy: String
    }

    let rawValue: UInt64

    static let notBuilt = ReasonBits(rawValue: UInt64(KVM_ELI_REASON_NOT_BUILT))
    static let noX2APIC = ReasonBits(rawValue: UInt64(KVM_ELI_REASON_NO_X2APIC))
    static let noPreemptionTimer = ReasonBits(
        rawValue: UInt64(KVM_ELI_REASON_NO_PREEMPTION_TIMER))
    static let noTPRShadow = ReasonBits(rawValue: UInt64(KVM_ELI_REASON_NO_TPR_SHADOW))
    static let noMTF = ReasonBits(rawValue: UInt64(KVM_ELI_REASON_NO_MTF))
    static let noUnrestrictedGuest = ReasonBits(
        rawValue: UInt64(KVM_ELI_REASON_NO_UNRESTRICTED_GUEST))
    static let noTDP = ReasonBits(rawValue: UInt64(KVM_ELI_REASON_NO_TDP))
    static let noInterruptRemapping = ReasonBits(
        rawValue: UInt64(KVM_ELI_REASON_NO_INTR_REMAPPING))
    static let noHousekeepingCPU = ReasonBits(
        rawValue: UInt64(KVM_ELI_REASON_NO_HOUSEKEEPING_CPU))
    static let noRawIO = ReasonBits(rawValue: UInt64(KVM_ELI_REASON_NO_RAWIO))
    static let nested = ReasonBits(rawValue: UInt64(KVM_ELI_REASON_NESTED))
    static let unpatched = ReasonBits(rawValue: UInt64(ELI_REASON_KVM_UNPATCHED))
    static let queryFailed = ReasonBits(rawValue: UInt64(ELI_REASON_KVM_QUERY_FAILED))
    static let noLibrary = ReasonBits(rawValue: UInt64(ELI_REASON_NO_LIBRARY))

    /// The words for each bit, the lowest first. A bit without words has those of an unknown one.
    var words: [Words] {
        var rest = rawValue
        var words: [Words] = []
        while rest != 0 {
            let bit = rest & (~rest &+ 1)
            guard let reason = eli_reason_next(&rest)?.pointee else { break }
            words.append(
                Words(
                    bit: ReasonBits(rawValue: bit), code: String(cString: reason.code),
                    message: String(cString: reason.message),
                    remedy: String(cString: reason.remedy)))
        }
        return words
    }
}
