import CELI
import Testing

@testable import ELI

/// The decision whether ELI may run. Its face in C is tested in Tests/ABI.
struct AdmissionTests {
    private func facts(features: UInt64 = UInt64(KVM_ELI_FEATURE_DIRECT), reasons: UInt64, flags: UInt32 = 0)
        -> eli_facts {
        eli_facts(
            size: UInt32(MemoryLayout<eli_facts>.size), flags: flags, features: features,
            reasons: reasons)
    }

    @Test func everyReasonBlocksByItself() {
        for bit in 0..<64 {
            let admission = Admission(facts(reasons: 1 << bit))
            #expect(admission?.blocking == 1 << bit)
            #expect(admission?.accepted == 0)
        }
    }

    @Test func acceptedReasonsAreExactlyThoseOfTheFlag() {
        let admission = Admission(
            facts(reasons: .max, flags: UInt32(ELI_ADMIT_NO_INTR_REMAPPING)))
        #expect(admission?.accepted == UInt64(KVM_ELI_REASON_NO_INTR_REMAPPING))
        #expect(admission?.blocking == ~UInt64(KVM_ELI_REASON_NO_INTR_REMAPPING))
    }

    @Test(arguments: 1..<32) func unknownFlagsAreRefused(bit: Int) {
        #expect(Admission(facts(reasons: 0, flags: 1 << UInt32(bit))) == nil)
    }

    @Test(arguments: [
        UInt64(ELI_REASON_NOT_KVM), UInt64(ELI_REASON_KVM_UNPATCHED),
        UInt64(ELI_REASON_KVM_QUERY_FAILED),
    ])
    func whereKVMGaveNoAnswerOnlyThatIsTheReason(reason: UInt64) {
        #expect(Admission(facts(features: 0, reasons: reason))?.blocking == reason)
    }

    @Test func aKVMWithoutDirectModeBlocks() {
        let admission = Admission(facts(features: ~UInt64(KVM_ELI_FEATURE_DIRECT), reasons: 0))
        #expect(admission?.blocking == UInt64(KVM_ELI_REASON_NOT_BUILT))
    }
}
