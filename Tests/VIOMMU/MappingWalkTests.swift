import Testing
import VIOMMU

@Suite struct MappingWalkTests {
    private static func machine(width: AddressWidth = .bits48) -> (Machine, top: UInt64) {
        let machine = Machine()
        let top = machine.newTable()
        machine.setContext(
            0x10, ContextEntry(domain: 1, type: .secondLevel, width: width, table: top))
        machine.enableTranslation()
        return (machine, top)
    }

    private static func mapping(
        _ addresses: ClosedRange<UInt64>, _ output: UInt64, read: Bool = true, write: Bool = true
    ) -> Mapping {
        Mapping(addresses: addresses, output: output, isReadable: read, isWritable: write)
    }

    @Test func contiguousPagesAreJoined() {
        let (machine, top) = Self.machine()
        for page: UInt64 in 0..<600 {
            machine.map(0x10_0000 + page << 12, to: 0x80_0000 + page << 12, top: top)
        }
        machine.map(0x1000_0000, to: 0, top: top)
        machine.map(0x1000_1000, to: 0x2000, top: top)  // not contiguous
        machine.map(0x1000_2000, to: 0x3000, top: top, write: false)  // allows something else
        machine.map(0x4000_0000, to: 0x4000_0000, top: top, level: 3)
        machine.map(0x8000_0000, to: 0x8000_0000, top: top, level: 2)
        for budget in [1, 3, 1_000_000] {
            #expect(
                machine.mappings(.min ... .max, budget: budget)
                    == [
                        Self.mapping(0x10_0000...0x35_7fff, 0x80_0000),
                        Self.mapping(0x1000_0000...0x1000_0fff, 0),
                        Self.mapping(0x1000_1000...0x1000_1fff, 0x2000),
                        Self.mapping(0x1000_2000...0x1000_2fff, 0x3000, write: false),
                        Self.mapping(0x4000_0000...0x801f_ffff, 0x4000_0000),
                    ])
        }
        // Cut to the range, even within pages.
        #expect(
            machine.mappings(0x34_5678...0x1000_0123, budget: 5)
                == [
                    Self.mapping(0x34_5678...0x35_7fff, 0xa4_5678),
                    Self.mapping(0x1000_0000...0x1000_0123, 0),
                ])
    }

    @Test func nothingIsMapped() {
        let (machine, _) = Self.machine(width: .bits39)
        #expect(machine.mappings(.min ... .max, budget: 100) == [])
        #expect(machine.mappings(1 << 39 ... .max, budget: 100) == [])
        machine.command { $0[.te] = false }
        #expect(machine.mappings(.min ... .max, budget: 100) == nil)
    }

    /// What can't be used by the device is not mapped for those that mirror mappings either.
    @Test func interruptAddressesAreLeftOut() {
        let (machine, top) = Self.machine()
        machine.map(0xc000_0000, to: 0xc000_0000, top: top, level: 3)
        machine.map(0x1_0000_0000, to: 0x1_0000_0000, top: top, level: 3)
        #expect(
            machine.mappings(.min ... .max, budget: 100)
                == [
                    Self.mapping(0xc000_0000...0xfedf_ffff, 0xc000_0000),
                    Self.mapping(0xfef0_0000...0x1_3fff_ffff, 0xfef0_0000),
                ])
        machine.map(0xc000_0000, to: 0x4000_0000, top: top, level: 3)
        machine.map(0x1_0000_0000, to: 0xc000_0000, top: top, level: 3)
        #expect(
            machine.mappings(.min ... .max, budget: 1)
                == [
                    Self.mapping(0xc000_0000...0xfedf_ffff, 0x4000_0000),
                    Self.mapping(0xfef0_0000...0xffff_ffff, 0x7ef0_0000),
                    Self.mapping(0x1_0000_0000...0x1_3edf_ffff, 0xc000_0000),
                    Self.mapping(0x1_3ef0_0000...0x1_3fff_ffff, 0xfef0_0000),
                ])
    }

    /// Tables that refer to themselves: each call ends with its budget.
    @Test func workIsBounded() {
        let (machine, top) = Self.machine()
        let entry = SecondLevelEntry(address: top, read: true, write: true)
        for index: UInt64 in 0..<512 { machine.memory.write64(entry.rawValue, at: top + index * 8) }
        guard var walk = machine.iommu.mappings(of: 0x10) else {
            Issue.record("no walk")
            return
        }
        var found = 0
        for _ in 0..<100 {
            var budget = 1000
            while case .mapping(let mapping) = machine.iommu.continueWalk(&walk, budget: &budget) {
                if mapping.output == top { found += 1 }
            }
            #expect(budget <= 0 && budget >= -3)
        }
        #expect(found > 20_000)
    }
}
