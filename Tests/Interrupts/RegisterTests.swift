import Interrupts
import Testing

@Suite struct RegisterTests {
    @Test func errorCodeOfABounce() {
        // 6.13: index in 15:3, IDT in bit 1, EXT in bit 0: (0xec << 3) | 3.
        let bounce = ErrorCode(vector: 0xec, external: true)
        #expect(bounce.rawValue == 0x763)
        #expect(bounce.vector == 0xec)
        let software = ErrorCode(rawValue: 0x402)  // INT 80h through an absent gate
        #expect(software.vector == 0x80)
        #expect(!software[.ext])
        let selector = ErrorCode(rawValue: 0x1c)  // LDT selector, index 3: not a gate
        #expect(selector.vector == nil)
        #expect(selector[.ti])
        #expect(selector[.segmentSelectorIndex] == 3)
        #expect(ErrorCode(rawValue: 0x802).vector == nil)  // index 256
    }

    @Test func idtr() {
        #expect(IDTR(base: 0, limit: 0xfff).gateCount == 256)
        #expect(IDTR(base: 0, limit: 0xffff).gateCount == 256)
        #expect(IDTR(base: 0, limit: 0).gateCount == 0)
        #expect(IDTR(base: 0, limit: 0x21f).covers(0x21))
        #expect(!IDTR(base: 0, limit: 0x21e).covers(0x21))
        #expect(!IDTR(base: 0, limit: 0x21f).covers(0x22))
    }

    @Test func directLimit() {
        #expect(IDTR.directLimit(highest: 0x41, guestLimit: 0xfff) == 0x41f)
        #expect(IDTR.directLimit(highest: 0xff, guestLimit: 0xffff) == 0xfff)
        // Exceptions stay reachable, and the guest's own limit is never exceeded.
        #expect(IDTR.directLimit(highest: 3, guestLimit: 0xfff) == 0x1ff)
        #expect(IDTR.directLimit(highest: 0x41, guestLimit: 0x2ff) == 0x2ff)
    }

    @Test func x2apic() {
        #expect(X2APIC.eoi == 0x80b)
        #expect(X2APIC.isr(0) == 0x810)
        #expect(X2APIC.isr(7) == 0x817)
        #expect(X2APIC.tmr(7) == 0x81f)
        #expect(X2APIC.irr(7) == 0x827)
        #expect(X2APIC.isr(8) == 0x810)  // there is no ninth register
        #expect(X2APIC.logicalID(ofAPIC: 0) == 0x0000_0001)
        #expect(X2APIC.logicalID(ofAPIC: 0x25) == 0x0002_0020)
        #expect(X2APIC.logicalID(ofAPIC: 0xffff_ffff) == 0xffff_8000)
        #expect(X2APIC.priorityClass(0xec) == 14)
    }

    @Test func preemptionTimerRate() {
        // Rate 5, HLT, shutdown and wait-for-SIPI, 4 CR3 targets, bits 29 and 30.
        let value = VMXMiscellaneous(rawValue: 0x6004_01e5)
        #expect(value[.preemptionTimerRate] == 5)
        #expect(value.tscTicksPerTimerTick == 32)
        #expect(value[.storesLMA])
        #expect(value[.activityStates] == 0b111)
        #expect(value[.cr3TargetCount] == 4)
        #expect(value[.vmwriteAnyField] && value[.zeroLengthInjection] && !value[.smiUnblocking])
        #expect(VMXMiscellaneous(rawValue: .max).tscTicksPerTimerTick == 1 << 31)
    }

    @Test func compatibilityMessage() {
        // Logical destination 3, RH: FEE 03 00C; vector 41, lowest priority.
        var address = MSIAddress(rawValue: 0xfee0_300c)
        #expect(address.isValid)
        #expect(address.destination == 3)
        #expect(address[.redirectionHint] && address[.destinationMode])
        address[.extendedDestinationID] = 1  // APIC 259 by the KVM extension
        #expect(address.rawValue == 0xfee0_302c)
        #expect(address.destination == 0x103)
        let data = MSIData(rawValue: 0xc141)
        #expect(data[.vector] == 0x41)
        #expect(data[.deliveryMode] == .lowestPriority)
        #expect(data[.levelAssert] && data[.levelTriggered])
        #expect(!MSIAddress(rawValue: 0x1_fee0_3000).isValid)
        #expect(!MSIAddress(rawValue: 0xfed0_3000).isValid)
        #expect(!MSIAddress(rawValue: 0xfee0_0010).isValid)
    }

    @Test func remappableMessage() {
        // Handle 8123: bits 14:0 = 0123 in 19:5, bit 15 in bit 2; format bit 4.
        let address = RemappableMSIAddress(handle: 0x8123)
        #expect(address.rawValue == 0xfee0_2474)
        #expect(address.isValid)
        #expect(address.handle == 0x8123)
        #expect(address.interruptIndex(RemappableMSIData(rawValue: 5)) == 0x8123)
        let withSubhandle = RemappableMSIAddress(rawValue: 0xfee0_247c)
        #expect(withSubhandle.interruptIndex(RemappableMSIData(rawValue: 5)) == 0x8128)
        #expect(!RemappableMSIAddress(rawValue: 0xfee0_300c).isValid)
        for handle in UInt16.min...UInt16.max where handle % 251 == 0 {
            #expect(RemappableMSIAddress(handle: handle).handle == handle)
        }
    }

    @Test func vectorSet() {
        var set = VectorSet()
        #expect(set.isEmpty && set.highest == nil && set.lowest == nil)
        for vector: UInt8 in [0x20, 0x41, 0x80, 0xff] { set.insert(vector) }
        #expect(set.count == 4 && set.highest == 0xff && set.lowest == 0x20)
        #expect(set.lowest(from: 0x42) == 0x80)
        let registers = set.registers
        #expect(registers[1] == 1 && registers[2] == 2 && registers[4] == 1)
        #expect(registers[7] == 0x8000_0000)
        #expect(VectorSet(registers: registers) == set)
        set.remove(0xff)
        set.subtract(VectorSet(0x20...0x41))
        var left: [UInt8] = []
        set.forEach { left.append($0) }
        #expect(left == [0x80])
        #expect(set.lowest(from: 0x81) == nil)
    }
}
