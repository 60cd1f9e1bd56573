import Testing

@testable import Lab

struct ExitCountersTests {
    private let before = ExitCounters(
        """
        kvm_exit exit_reason:1=10
        kvm_exit exit_reason:32=7
        kvm_msr ecx:2059,write:1=5
        kvm_eoi vector:34=5
        """)
    private let after = ExitCounters(
        """
        kvm_exit exit_reason:1=110
        kvm_exit exit_reason:32=7
        kvm_exit common_cpu:1=117
        kvm_msr ecx:2059,write:1=105
        kvm_msr ecx:2059,write:0=2
        kvm_eoi vector:34=105
        kvm_msi_set_irq data:16418=103
        kvm_inj_virq vector:34=100
        device_exit reason:1=98
        some other line
        kvm_exit exit_reason:none=3
        """)

    @Test func aDifferenceHoldsWhatHappenedBetween() {
        let counted = after - before
        #expect(counted.exits == [1: 100])
        #expect(counted.deviceExits == [1: 98])
        #expect(counted.eois == [34: 100])
        #expect(counted.injections == [34: 100])
        #expect(counted.total == 100)
    }

    @Test func readsOfAnMSRAreNotWrites() {
        #expect((after - before).msrWrites == [0x80b: 100])
    }

    @Test func theVectorOfAnMSIIsTheLowByteOfItsData() {
        #expect((after - before).msis == [0x22: 103])
    }
}
