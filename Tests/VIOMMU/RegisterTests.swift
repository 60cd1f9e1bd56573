import Interrupts
import Testing
import VIOMMU

@Suite struct RegisterTests {
    @Test func capabilities() {
        let machine = Machine()
        #expect(machine.read32(RegisterOffset.version) == 0x10)
        // As a driver takes them apart.
        let capability = machine.read64(RegisterOffset.capability)
        #expect(capability & 7 == 6)  // 16 bits of domain id
        #expect(capability >> 8 & 0x1f == 0b110)  // 39 and 48 bits
        #expect(capability >> 16 & 0x3f == 47)
        #expect((capability >> 24 & 0x3ff) * 16 == 0x220)
        #expect(capability >> 34 & 0xf == 0b11)
        #expect(capability >> 40 & 0xff == 7)
        #expect(capability & 1 << 7 != 0)  // caching mode
        #expect(capability & 1 << 39 != 0)  // page-selective invalidation
        #expect(capability & (1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 62 | 1 << 63) == 0)
        let extended = machine.read64(RegisterOffset.extendedCapability)
        #expect(extended & 0xff == 0b0101_1011)  // C, QI, IR, EIM, PT
        #expect((extended >> 8 & 0x3ff) * 16 == 0xf0)
        #expect(extended >> 43 & 1 == 0)  // no scalable mode
    }

    @Test func configurationIsBroughtIntoRange() {
        let machine = Machine {
            $0.addressWidth = .bits39
            $0.hostAddressWidth = 255
            $0.domainIDBits = 99
            $0.faultRecordingRegisters = 0
            $0.cachingMode = false
            $0.snoopControl = true
            $0.interruptRemapping = false
        }
        let capability = CapabilityRegister(rawValue: machine.read64(RegisterOffset.capability))
        #expect(capability[.sagaw] == 0b010)
        #expect(capability[.mgaw] == 38)
        #expect(capability[.nd] == 6)
        #expect(capability[.nfr] == 0)
        #expect(!capability[.cm])
        let extended = ExtendedCapabilityRegister(
            rawValue: machine.read64(RegisterOffset.extendedCapability))
        #expect(extended[.sc] && extended[.pt] && extended[.qi] && extended[.c])
        #expect(!extended[.ir] && !extended[.eim] && !extended[.dt] && !extended[.smts])
        #expect(extended[.mhmv] == 0)
    }

    @Test func valuesAfterReset() {
        let machine = Machine()
        machine.enableTranslation()
        machine.enableQueue()
        machine.enableInterruptRemapping(extended: true)
        machine.write32(0, RegisterOffset.faultEventControl)
        machine.write32(0x41, RegisterOffset.faultEventData)
        _ = machine.translate(0)
        machine.submit(WaitDescriptor())
        machine.iommu.reset()
        #expect(machine.effects() == [])
        for offset in stride(from: UInt64(0x18), to: 0x1000, by: 4) {
            let masks = [RegisterOffset.faultEventControl, RegisterOffset.invalidationEventControl]
            #expect(machine.read32(offset) == (masks.contains(offset) ? 1 << 31 : 0))
        }
        #expect(machine.translate(0) == .identity)
        #expect(machine.remap(0xfee0_0010, 0) == .unchanged)
    }

    /// Bits of each register that keep what is written to them.
    @Test func writableBits() {
        let machine = Machine()
        let registers: [(offset: UInt64, size: Int, writable: UInt64)] = [
            (RegisterOffset.version, 4, 0),
            (RegisterOffset.globalStatus, 4, 0),
            (RegisterOffset.rootTableAddress, 8, 0xffff_ffff_ffff_fc00),
            (RegisterOffset.faultStatus, 4, 0),
            (RegisterOffset.faultEventData, 4, 0xffff),
            (RegisterOffset.faultEventAddress, 4, 0xffff_fffc),
            (RegisterOffset.faultEventUpperAddress, 4, 0xffff_ffff),
            (0x58, 8, 0), (0x64, 4, 0), (0x68, 4, 0), (0x70, 8, 0),
            (RegisterOffset.invalidationQueueHead, 8, 0),
            (RegisterOffset.invalidationQueueTail, 8, 0x7fff0),
            (RegisterOffset.invalidationQueueAddress, 8, 0xffff_ffff_ffff_f807),
            (RegisterOffset.invalidationCompletionStatus, 4, 0),
            (RegisterOffset.invalidationEventData, 4, 0xffff),
            (RegisterOffset.invalidationEventAddress, 4, 0xffff_fffc),
            (RegisterOffset.invalidationEventUpperAddress, 4, 0xffff_ffff),
            (RegisterOffset.invalidationQueueError, 8, 0),
            (RegisterOffset.interruptRemappingTableAddress, 8, 0xffff_ffff_ffff_f80f),
            (0xc0, 8, 0), (0xc8, 8, 0), (0xdc, 4, 0), (0xe0, 4, 0),
            (RegisterOffset.invalidateAddress, 8, 0),
            (RegisterOffset.faultRecording, 8, 0), (RegisterOffset.faultRecording + 8, 8, 0),
            (0xffc, 4, 0),
        ]
        for (offset, size, writable) in registers {
            let before = machine.read(offset, size: size)
            machine.write(.max, offset, size: size)
            #expect(machine.read(offset, size: size) == before | writable, "register \(offset)")
            machine.write(0, offset, size: size)
            #expect(machine.read(offset, size: size) == before & ~writable, "register \(offset)")
        }
        machine.write(.max, RegisterOffset.faultEventControl, size: 4)
        #expect(machine.read32(RegisterOffset.faultEventControl) == 1 << 31)
        machine.write(0x7fff_ffff, RegisterOffset.faultEventControl, size: 4)
        #expect(machine.read32(RegisterOffset.faultEventControl) == 0)
    }

    @Test func upperAddressesNeedExtendedInterruptMode() {
        let machine = Machine { $0.extendedInterruptMode = false }
        for offset in [
            RegisterOffset.faultEventUpperAddress, RegisterOffset.invalidationEventUpperAddress,
        ] {
            machine.write32(.max, offset)
            #expect(machine.read32(offset) == 0)
        }
        machine.write64(.max, RegisterOffset.interruptRemappingTableAddress)
        #expect(
            machine.read64(RegisterOffset.interruptRemappingTableAddress)
                == 0xffff_ffff_ffff_f00f)
    }

    /// Reads of any size and alignment return the bytes that a byte-wise reader sees.
    @Test func readsOfAnyWidth() {
        let machine = Machine()
        machine.write64(0x0123_4567_89ab_c000, RegisterOffset.rootTableAddress)
        machine.write64(0xfedc_ba98_7654_3000, RegisterOffset.invalidationQueueAddress)
        let bytes = (0..<0x1010).map { machine.read(UInt64($0), size: 1) }
        for offset in 0..<0x1000 {
            for size in 1...8 {
                var expected: UInt64 = 0
                for byte in 0..<size { expected |= bytes[offset + byte] << UInt64(byte * 8) }
                #expect(machine.read(UInt64(offset), size: size) == expected)
            }
        }
        #expect(bytes[0x26] == 0x23 && bytes[0x95] == 0xba)
        #expect(machine.read(0, size: 0) == 0)
        #expect(machine.read(0, size: 9) == 0)
        #expect(machine.read(.max, size: 8) == 0)
    }

    @Test func writesOfOtherWidthsAreIgnored() {
        let machine = Machine()
        machine.write64(0x1234_5000, RegisterOffset.rootTableAddress)
        for size in [-1, 0, 1, 2, 3, 5, 6, 7, 9, 16] {
            machine.write(.max, RegisterOffset.rootTableAddress, size: size)
        }
        for offset: UInt64 in 1..<4 {
            machine.write32(.max, RegisterOffset.rootTableAddress + offset)
        }
        machine.write64(.max, 0x1000)
        machine.write64(.max, .max)
        #expect(machine.read64(RegisterOffset.rootTableAddress) == 0x1234_5000)
        // Halves are fine, and so are two registers at once.
        machine.write32(0xabcd, RegisterOffset.rootTableAddress + 4)
        #expect(machine.read64(RegisterOffset.rootTableAddress) == 0xabcd_1234_5000)
        machine.write64(0x1_0000_4567_8000, RegisterOffset.rootTableAddress + 4)
        #expect(machine.read64(RegisterOffset.rootTableAddress) == 0x4567_8000_1234_5000)
    }

    @Test func globalCommandsAndStatus() {
        let machine = Machine()
        #expect(machine.command { $0[.srtp] = true } == [.devicesChanged(.all)])
        #expect(machine.globalStatus.rawValue == 1 << 30)
        #expect(machine.command { $0[.te] = true } == [.devicesChanged(.all)])
        #expect(machine.globalStatus.rawValue == 3 << 30)
        // A command that is no change has no effect.
        #expect(machine.command { $0[.te] = true } == [])
        #expect(machine.command { $0[.qie] = true } == [])
        #expect(
            machine.command { $0[.sirtp] = true }
                == [.interruptEntriesChanged(0...0xffff)])
        #expect(machine.command { $0[.ire] = true } == [.interruptEntriesChanged(0...0xffff)])
        #expect(machine.command { $0[.cfi] = true } == [.interruptEntriesChanged(0...0xffff)])
        #expect(machine.globalStatus.rawValue == 0xc780_0000)
        // What isn't reported is never set.
        machine.command {
            $0[.wbf] = true
            $0[.eafl] = true
            $0[.sfl] = true
        }
        #expect(machine.globalStatus.rawValue == 0xc780_0000)
        machine.write32(0, RegisterOffset.globalCommand)
        #expect(machine.globalStatus.rawValue == 0x4100_0000)
        #expect(machine.read32(RegisterOffset.globalCommand) == 0)
    }

    @Test func commandsOfInterruptRemappingNeedTheCapability() {
        let machine = Machine { $0.interruptRemapping = false }
        let all = machine.command {
            $0[.sirtp] = true
            $0[.ire] = true
            $0[.cfi] = true
        }
        #expect(all == [])
        #expect(machine.globalStatus.rawValue == 0)
        machine.write64(.max, RegisterOffset.interruptRemappingTableAddress)
        #expect(machine.read64(RegisterOffset.interruptRemappingTableAddress) == 0)
    }

    /// The guest must not see a command completed before its effects have been carried out.
    @Test func statusFollowsEffects() {
        let machine = Machine()
        machine.iommu.write(1 << 30, at: RegisterOffset.globalCommand, size: 4)
        #expect(!machine.globalStatus[.rtps])
        #expect(machine.next() == .devicesChanged(.all))
        #expect(!machine.globalStatus[.rtps])
        #expect(machine.next() == nil)
        #expect(machine.globalStatus[.rtps])
        // Translation itself is on at once.
        machine.iommu.write(1 << 31, at: RegisterOffset.globalCommand, size: 4)
        #expect(machine.translate(0) == .blocked(.rootEntryNotPresent))
        #expect(!machine.globalStatus[.tes])
        #expect(machine.effects() == [.devicesChanged(.all)])
        #expect(machine.globalStatus[.tes] && machine.globalStatus[.rtps])
    }

    @Test func registerBasedInvalidation() {
        let machine = Machine()
        let context = RegisterOffset.contextCommand
        #expect(machine.write64(1 << 63 | 1 << 61, context) == [.devicesChanged(.all)])
        #expect(machine.read64(context) == 1 << 61 | 1 << 59)
        #expect(machine.write64(1 << 63 | 2 << 61 | 7, context) == [.devicesChanged(.domain(7))])
        #expect(machine.read64(context) == 2 << 61 | 2 << 59 | 7)
        // SID and FM are write-only.
        #expect(
            machine.write64(1 << 63 | 3 << 61 | 2 << 32 | 0x1234_0000, context)
                == [
                    .devicesChanged(
                        .functions(sourceID: 0x1234, mask: FunctionMask(rawValue: 2)))
                ])
        #expect(machine.read64(context) == 3 << 61 | 3 << 59)
        // The reserved granularity: complete, nothing done.
        #expect(machine.write64(1 << 63, context) == [])
        #expect(machine.read64(context) == 0)

        let iotlb = RegisterOffset.iotlbInvalidate
        #expect(machine.write64(1 << 63 | 1 << 60, iotlb) == [.mappingsChanged(.all)])
        #expect(machine.read64(iotlb) == 1 << 60 | 1 << 57)
        let domain: UInt64 = 5 << 32
        #expect(
            machine.write64(1 << 63 | 2 << 60 | domain, iotlb) == [.mappingsChanged(.domain(5))])
        #expect(machine.read64(iotlb) == 2 << 60 | 2 << 57 | 5 << 32)
        machine.write64(0x1234_5000 | 2, RegisterOffset.invalidateAddress)
        #expect(
            machine.write64(1 << 63 | 3 << 60 | 5 << 32, iotlb)
                == [.mappingsChanged(.range(domain: 5, addresses: 0x1234_4000...0x1234_7fff))])
        #expect(machine.read64(iotlb) == 3 << 60 | 3 << 57 | 5 << 32)
        // An address mask above CAP.MAMV, and the reserved granularity.
        machine.write64(19, RegisterOffset.invalidateAddress)
        #expect(machine.write64(1 << 63 | 3 << 60 | 5 << 32, iotlb) == [])
        #expect(machine.read64(iotlb) == 3 << 60 | 5 << 32)
        #expect(machine.write64(1 << 63, iotlb) == [])
        #expect(machine.read64(iotlb) == 0)
    }

    /// Written in halves, the upper one starts it; while it goes on, writes are ignored.
    @Test func registerBasedInvalidationInHalves() {
        let machine = Machine()
        #expect(machine.write32(9, RegisterOffset.contextCommand) == [])
        machine.iommu.write(0xc000_0000, at: RegisterOffset.contextCommand + 4, size: 4)
        #expect(machine.next() == .devicesChanged(.domain(9)))
        #expect(machine.read64(RegisterOffset.contextCommand) >> 63 == 1)
        machine.iommu.write(0, at: RegisterOffset.contextCommand, size: 8)
        #expect(machine.next() == nil)
        #expect(machine.read64(RegisterOffset.contextCommand) == 2 << 61 | 2 << 59 | 9)
        machine.iommu.write(0x9000_0000, at: RegisterOffset.iotlbInvalidate + 4, size: 4)
        #expect(machine.next() == .mappingsChanged(.all))
        machine.iommu.write(0, at: RegisterOffset.iotlbInvalidate, size: 8)
        #expect(machine.read64(RegisterOffset.iotlbInvalidate) >> 63 == 1)
        #expect(machine.next() == nil)
        #expect(machine.read64(RegisterOffset.iotlbInvalidate) == 1 << 60 | 1 << 57)
    }
}
