import Interrupts
import SplitMix64
import Testing
import VIOMMU

@Suite struct TranslationTests {
    /// A machine whose device 0x10 is in domain 1.
    private static func machine(
        width: AddressWidth = .bits48, _ configure: (inout IOMMUConfiguration) -> Void = { _ in }
    ) -> (Machine, top: UInt64) {
        let machine = Machine(configure)
        let top = machine.newTable()
        machine.setContext(
            0x10, ContextEntry(domain: 1, type: .secondLevel, width: width, table: top))
        machine.enableTranslation()
        return (machine, top)
    }

    @Test func untranslatedBeforeItIsSwitchedOn() {
        let machine = Machine()
        #expect(machine.translate(0x1234) == .identity)
        #expect(machine.translate(.max, write: true) == .identity)
        machine.enableTranslation()
        #expect(machine.translate(0x1234) == .blocked(.contextEntryNotPresent))
        machine.command { $0[.te] = false }
        #expect(machine.translate(0x1234) == .identity)
    }

    @Test func pagesOfAllSizes() {
        for width in [AddressWidth.bits39, .bits48] {
            let (machine, top) = Self.machine(width: width)
            machine.map(0x12_3456_7000, to: 0xabc000, top: top, width: width)
            machine.map(0x20_0000_0000, to: 0x4000_0000, top: top, width: width, level: 3)
            machine.map(0x30_0020_0000, to: 0x1_0040_0000, top: top, width: width, level: 2)
            #expect(machine.output(0x12_3456_7abc) == 0xabcabc)
            #expect(machine.output(0x20_2345_6789) == 0x6345_6789)
            #expect(machine.output(0x30_0032_1001, write: true) == 0x1_0052_1001)
            #expect(machine.translate(0x12_3456_8000) == .blocked(.readDenied))
            #expect(machine.translate(0x12_3456_8000, write: true) == .blocked(.writeDenied))
            #expect(
                machine.translate(0x30_0032_1001)
                    == .page(
                        MappedPage(
                            address: 0x30_0020_0000, output: 0x1_0040_0000, bits: 21,
                            isReadable: true, isWritable: true)))
        }
    }

    @Test func permissionsAddUpOverLevels() {
        let (machine, top) = Self.machine()
        machine.map(0x1000, to: 0x8000, top: top, write: false)
        machine.map(0x2000, to: 0x9000, top: top, read: false)
        machine.map(0x3000, to: 0xa000, top: top)
        #expect(machine.output(0x1000) == 0x8000)
        #expect(machine.translate(0x1000, write: true) == .blocked(.writeDenied))
        #expect(machine.output(0x2000, write: true) == 0x9000)
        #expect(machine.translate(0x2000) == .blocked(.readDenied))
        #expect(machine.output(0x3000, write: true) == 0xa000)
        // Taking W away at the top takes it from all.
        let entry = machine.memory.read64(at: top)! & ~2
        machine.memory.write64(entry, at: top)
        machine.enableTranslation()
        #expect(machine.translate(0x3000, write: true) == .blocked(.writeDenied))
        #expect(
            machine.translate(0x3000)
                == .page(
                    MappedPage(
                        address: 0x3000, output: 0xa000, bits: 12, isReadable: true,
                        isWritable: false)))
    }

    @Test func addressesBeyondTheWidth() {
        let (narrow, top) = Self.machine(width: .bits39)
        narrow.map(0, to: 0x8000, top: top, width: .bits39)
        #expect(narrow.output(0) == 0x8000)
        // Must not wrap around to address 0.
        #expect(narrow.translate(1 << 39) == .blocked(.addressBeyondWidth))
        #expect(narrow.translate(.max) == .blocked(.addressBeyondWidth))
        let (wide, _) = Self.machine()
        #expect(wide.translate(1 << 48 - 1) == .blocked(.readDenied))
        #expect(wide.translate(1 << 48) == .blocked(.addressBeyondWidth))
        // An IOMMU of 39 bits has no tables of 48 bits.
        let (small, _) = Self.machine { $0.addressWidth = .bits39 }
        #expect(small.translate(0) == .blocked(.contextEntryInvalid))
    }

    @Test func rootTableFaults() {
        let machine = Machine()
        machine.enableTranslation()
        #expect(machine.translate(0, sourceID: 0x110) == .blocked(.rootEntryNotPresent))
        machine.memory.write128(1 | 1 << 5, at: Machine.rootTable + 0x20)
        #expect(machine.translate(0, sourceID: 0x210) == .blocked(.rootEntryReserved))
        machine.memory.write128(1 | 1 << 64, at: Machine.rootTable + 0x20)
        #expect(machine.translate(0, sourceID: 0x210) == .blocked(.rootEntryReserved))
        machine.memory.write128(1 | 1 << 48, at: Machine.rootTable + 0x20)
        #expect(machine.translate(0, sourceID: 0x210) == .blocked(.rootEntryReserved))
        machine.memory.write128(1 | 0x1_0000_0000, at: Machine.rootTable + 0x20)
        #expect(machine.translate(0, sourceID: 0x210) == .blocked(.contextEntryUnreadable))
        machine.write64(0x8000_0000, RegisterOffset.rootTableAddress)
        machine.command { $0[.srtp] = true }
        #expect(machine.translate(0) == .blocked(.rootEntryUnreadable))
        machine.write64(Machine.rootTable | 1 << 10, RegisterOffset.rootTableAddress)
        // In effect when the command is given, not before.
        #expect(machine.translate(0) == .blocked(.rootEntryUnreadable))
        machine.command { $0[.srtp] = true }
        #expect(machine.translate(0) == .blocked(.translationTableModeInvalid))
    }

    @Test func contextEntryFaults() {
        let (machine, top) = Self.machine()
        func fault(_ change: (inout ContextEntry) -> Void) -> Translation {
            var entry = ContextEntry(domain: 1, type: .secondLevel, width: .bits48, table: top)
            change(&entry)
            machine.setContext(0x10, entry)
            machine.enableTranslation()
            return machine.translate(0)
        }
        #expect(fault { _ in } == .blocked(.readDenied))
        #expect(fault { $0[.p] = false } == .blocked(.contextEntryNotPresent))
        for bit in [4, 11, 48, 63, 71, 88, 127] {
            #expect(fault { $0.rawValue |= 1 << bit } == .blocked(.contextEntryReserved))
        }
        for width: UInt8 in [0, 3, 4, 7] {
            #expect(fault { $0[.aw] = width } == .blocked(.contextEntryInvalid))
        }
        #expect(fault { $0[.tt] = .deviceTLB } == .blocked(.contextEntryInvalid))
        #expect(fault { $0[.tt] = .reserved } == .blocked(.contextEntryInvalid))
        #expect(fault { $0[.tt] = .passThrough } == .identity)
        #expect(fault { $0[.slptptr] = 0x10_0000 } == .blocked(.contextEntryInvalid))
    }

    @Test func translationTypesThatAreReported() {
        let (machine, top) = Self.machine {
            $0.deviceTLB = true
            $0.passThrough = false
            $0.domainIDBits = 4
        }
        machine.map(0x1000, to: 0x8000, top: top)
        machine.setContext(
            0x11, ContextEntry(domain: 1, type: .deviceTLB, width: .bits48, table: top))
        machine.setContext(
            0x12, ContextEntry(domain: 1, type: .passThrough, width: .bits48, table: top))
        machine.setContext(
            0x13, ContextEntry(domain: 16, type: .secondLevel, width: .bits48, table: top))
        #expect(machine.output(0x1000, sourceID: 0x11) == 0x8000)
        #expect(machine.translate(0x1000, sourceID: 0x12) == .blocked(.contextEntryInvalid))
        #expect(machine.translate(0x1000, sourceID: 0x13) == .blocked(.contextEntryReserved))
    }

    @Test func pagingEntryFaults() {
        let (machine, top) = Self.machine()
        machine.map(0x1000, to: 0x8000, top: top)
        let tables = (0..<3).reduce(into: [top]) { result, _ in
            result.append(machine.memory.read64(at: result.last!)! & ~0xfff)
        }
        func fault(level: Int, _ bits: UInt64) -> Translation {
            let location = tables[4 - level] + (level == 1 ? 8 : 0)
            let entry = machine.memory.read64(at: location)!
            machine.memory.write64(entry ^ bits, at: location)
            machine.enableTranslation()
            defer { machine.memory.write64(entry, at: location) }
            return machine.translate(0x1000)
        }
        for level in 1...4 {
            #expect(fault(level: level, 1 << 11) == .blocked(.pagingEntryReserved))  // SNP
            #expect(fault(level: level, 1 << 48) == .blocked(.pagingEntryReserved))
            #expect(fault(level: level, 1 << 51) == .blocked(.pagingEntryReserved))
            #expect(fault(level: level, 1 << 62) == .blocked(.pagingEntryReserved))
            // Ignored bits: X, memory type, A, D, and those above the address.
            let ignored: UInt64 = 0x8ff0_0000_0000_037c
            guard case .page(let page) = fault(level: level, ignored) else {
                Issue.record("level \(level): an ignored bit is not")
                continue
            }
            #expect(page.output == 0x8000)
        }
        #expect(fault(level: 4, 1 << 7) == .blocked(.pagingEntryReserved))
        // As large pages, what were pointers to tables are not aligned.
        #expect(fault(level: 3, 1 << 7) == .blocked(.pagingEntryReserved))
        #expect(fault(level: 2, 1 << 7) == .blocked(.pagingEntryReserved))
        #expect(fault(level: 1, 1 << 7) != .blocked(.pagingEntryReserved))
        // Tables outside RAM.
        #expect(fault(level: 2, 1 << 40) == .blocked(.pagingEntryUnreadable))
        // Permission is looked at before reserved bits, and those before the next level.
        #expect(fault(level: 3, 1 << 62 | 1) == .blocked(.readDenied))
        #expect(fault(level: 3, 1 << 62 | 1 << 40) == .blocked(.pagingEntryReserved))
    }

    @Test func snoopControl() {
        let (machine, top) = Self.machine { $0.snoopControl = true }
        machine.map(0x1000, to: 0x8000, top: top)
        machine.map(0x20_0000, to: 0x20_0000, top: top, level: 2)
        let second = machine.memory.read64(at: machine.memory.read64(at: top)! & ~0xfff)! & ~0xfff
        machine.memory.words[Int(second / 8) + 1] |= 1 << 11
        #expect(machine.output(0x20_0000) == 0x20_0000)
        // Only in entries that map a page.
        machine.memory.words[Int(second / 8)] |= 1 << 11
        #expect(machine.translate(0x1000) == .blocked(.pagingEntryReserved))
    }

    @Test func interruptAddressRange() {
        let (machine, top) = Self.machine()
        machine.map(0xfee0_0000, to: 0x8000, top: top)
        // Never translated, even if mapped.
        #expect(machine.translate(0xfee0_0000, write: true) == .interruptRequest)
        #expect(machine.translate(0xfeef_ffff, write: true) == .interruptRequest)
        #expect(machine.translate(0xfee0_0000) == .blocked(.interruptRequestInvalid))
        #expect(machine.translate(0xfedf_ffff, write: true) == .blocked(.writeDenied))
        #expect(machine.translate(0xfef0_0000, write: true) == .blocked(.writeDenied))
        // Nor must translations lead there: that would be a way around interrupt remapping.
        machine.map(0x1000, to: 0xfee0_1000, top: top)
        #expect(machine.translate(0x1000, write: true) == .blocked(.interruptAddress))
        machine.map(0x4000_0000, to: 0xc000_0000, top: top, level: 3)
        #expect(machine.output(0x4000_0000) == 0xc000_0000)
        #expect(machine.translate(0x7ee0_0000, write: true) == .blocked(.interruptAddress))
        #expect(machine.translate(0x7eef_ffff) == .blocked(.interruptAddress))
        // What is handed out of such a page does not reach into the range.
        #expect(
            machine.translate(0x7edf_ffff)
                == .page(
                    MappedPage(
                        address: 0x7edf_f000, output: 0xfedf_f000, bits: 12, isReadable: true,
                        isWritable: true)))
    }

    @Test func passThrough() {
        let (machine, _) = Self.machine { $0.hostAddressWidth = 40 }
        machine.setContext(
            0x10, ContextEntry(domain: 1, type: .passThrough, width: .bits48, table: 0))
        machine.enableTranslation()
        #expect(machine.translate(0x12_3456, write: true) == .identity)
        #expect(machine.translate(0xfee0_0000, write: true) == .interruptRequest)
        #expect(machine.translate(1 << 40) == .blocked(.addressBeyondWidth))
    }

    @Test func tablesThatReferToThemselves() {
        let (machine, top) = Self.machine()
        let entry = SecondLevelEntry(address: top, read: true, write: true)
        for index in 0..<512 { machine.memory.write64(entry.rawValue, at: top + UInt64(index) * 8) }
        // After four levels it is a page: the table itself.
        #expect(machine.output(0x1234_5678_9abc) == top + 0xabc)
        #expect(machine.output(0x7fff_ffff_ffff, write: true) == top + 0xfff)
    }

    /// As a driver sees them, without any invalidation but the one that is right.
    @Test func translationsAreCachedUntilInvalidated() {
        let (machine, top) = Self.machine()
        machine.map(0x1000, to: 0x8000, top: top)
        machine.map(0x2000, to: 0x9000, top: top)
        machine.enableQueue()
        #expect(machine.output(0x1000) == 0x8000)
        #expect(machine.output(0x2000) == 0x9000)
        machine.map(0x1000, to: 0xa000, top: top)
        machine.map(0x2000, to: 0xb000, top: top)
        #expect(machine.output(0x1000) == 0x8000)
        var descriptor = IOTLBInvalidateDescriptor(granularity: .page)
        descriptor[.did] = 1
        descriptor[.addr] = 1
        machine.submit(descriptor)
        #expect(machine.output(0x1000) == 0xa000)
        #expect(machine.output(0x2000) == 0x9000)
        // Of another domain.
        descriptor = IOTLBInvalidateDescriptor(granularity: .domain)
        descriptor[.did] = 2
        machine.submit(descriptor)
        #expect(machine.output(0x2000) == 0x9000)
        descriptor[.did] = 1
        machine.submit(descriptor)
        #expect(machine.output(0x2000) == 0xb000)
        #expect(machine.iommu.statistics.iotlbHits == 3)
        #expect(machine.iommu.statistics.iotlbMisses == 4)
    }

    /// The page that an invalidated page is part of goes, whatever its size.
    @Test func invalidationOfPartOfALargePage() {
        for (level, address): (UInt8, UInt64) in [(2, 0x20_0000), (3, 0x4000_0000)] {
            for mask: UInt8 in [0, 3, 9, 18] {
                let (machine, top) = Self.machine()
                machine.map(address, to: 0, top: top, level: level)
                machine.enableQueue()
                #expect(machine.output(address + 0x1_5678) == 0x1_5678)
                machine.map(address, to: 0x8000_0000, top: top, level: level)
                #expect(machine.output(address + 0x1_5678) == 0x1_5678)
                var descriptor = IOTLBInvalidateDescriptor(granularity: .page)
                descriptor[.did] = 1
                descriptor[.addr] = (address + 0x1f_f000) >> 12
                descriptor[.am] = mask
                machine.submit(descriptor)
                #expect(machine.output(address + 0x1_5678) == 0x8001_5678)
            }
        }
    }

    /// Many more pages than the IOTLB holds: 2 MiB each, all through the same three tables.
    @Test func moreThanTheCachesHold() {
        let (machine, top) = Self.machine()
        let (third, second) = (machine.newTable(), machine.newTable())
        for index: UInt64 in 0..<512 {
            let tables = [
                (top, SecondLevelEntry(address: third, read: true, write: true)),
                (third, SecondLevelEntry(address: second, read: true, write: true)),
                (
                    second,
                    SecondLevelEntry(address: index << 21, read: true, write: true, isPage: true)
                ),
            ]
            for (table, entry) in tables {
                machine.memory.write64(entry.rawValue, at: table + index * 8)
            }
        }
        for sourceID: UInt16 in 0..<0x100 {
            machine.setContext(
                sourceID,
                ContextEntry(
                    domain: sourceID, type: .secondLevel, width: .bits48, table: top))
        }
        var random = SplitMix64(seed: 1)
        for _ in 0..<20_000 {
            let address = random.next() >> 16 & ~0xfee0_0000
            let sourceID = UInt16(random.below(0x100))
            #expect(machine.output(address, sourceID: sourceID) == address & 0x3fff_ffff)
        }
        #expect(machine.iommu.statistics.iotlbMisses > 10_000)
    }

    @Test func addressSpaces() {
        let (machine, _) = Self.machine()
        #expect(machine.iommu.addressSpace(of: 0x10) == .domain(id: 1))
        #expect(machine.iommu.addressSpace(of: 0x11) == .blocked(.contextEntryNotPresent))
        machine.setContext(
            0x12, ContextEntry(domain: 2, type: .passThrough, width: .bits48, table: 0))
        #expect(machine.iommu.addressSpace(of: 0x12) == .identity)
        // Nobody made a request.
        #expect(!machine.faultStatus.isPending)
        machine.command { $0[.te] = false }
        #expect(machine.iommu.addressSpace(of: 0x11) == .identity)
    }
}
