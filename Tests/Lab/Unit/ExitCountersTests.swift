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
        kvm_mmio gpa:4275634312,type:2=40
        kvm_mmio gpa:4275634312,type:0=2
        kvm_mmio gpa:4275638272,type:2=5
        vfio cmd:15217=7
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

    @Test func accessesToAPageAreReadsAndWritesOfItsRegisters() {
        let counted = after - before
        #expect(counted.accesses(toPage: GuestIOMMU.registers) == 42)
        #expect(counted.registerAccesses[0xfed9_1000] == 5)
        #expect(counted.vfioRequests == [0x3b71: 7])
    }
}
