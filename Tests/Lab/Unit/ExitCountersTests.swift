import Testing

@testable import Lab

struct ExitCountersTests {
    private let before = ExitCounters(
        """
        kvm_exit exit_reason:1,intr_info:2147483698=10
        kvm_exit exit_reason:32,intr_info:0=7
        kvm_msr ecx:2059,write:1=5
        kvm_eoi vector:34=5
        """)
    private let after = ExitCounters(
        """
        kvm_exit exit_reason:1,intr_info:2147483698=110
        kvm_exit exit_reason:1,intr_info:2147483884=3
        kvm_exit exit_reason:32,intr_info:0=7
        kvm_msr ecx:2059,write:1=105
        kvm_msr ecx:2059,write:0=2
        kvm_eoi vector:34=105
        kvm_msi_set_irq data:16418=100
        some other line
        """)

    @Test func aDifferenceHoldsWhatHappenedBetween() {
        let counted = after - before
        #expect(counted.exits(reason: 1) == 103)
        #expect(counted.exits(reason: 32) == 0)
        #expect(counted.total == 103)
        #expect(counted.writes(ofMSR: 0x80b) == 100)
        #expect(counted.eois == [34: 100])
    }

    @Test func theVectorOfAnMSIIsTheLowByteOfItsData() {
        #expect((after - before).msis == [0x22: 100])
    }

    @Test func interruptsAreToldApartByTheirInformation() {
        let vectors = Set((after - before).exits.keys.map { $0.interruption & 0xff })
        #expect(vectors == [0x32, 0xec])
    }
}
