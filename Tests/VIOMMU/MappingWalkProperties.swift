import Interrupts
import SplitMix64
import Testing
import VIOMMU

@Suite struct MappingWalkProperties {
    /// A walk finds what translations find, page by page, and nothing else; be it done at once or
    /// in the smallest pieces.
    @Test func sameAsTranslations() {
        var mapped = 0
        for seed in 0..<UInt64(Machine.randomCases / 1_000) {
            let tables = RandomTables(seed: seed)
            let machine = tables.machine
            machine.setContext(
                0x10,
                ContextEntry(
                    domain: 0, type: .secondLevel, width: tables.domains[0].width,
                    table: tables.domains[0].top))
            machine.enableTranslation()
            let start = tables.address() & 0x7fff_ffff_f000
            let first = start > 0x4_0000 ? start - 0x4_0000 : 0
            let addresses = first...first + UInt64(1 + tables.random.below(128)) << 12 - 1
            guard let found = machine.mappings(addresses, budget: 1 << 20) else {
                continue
            }
            guard machine.mappings(addresses, budget: 1) == found else {
                Issue.record("seed \(seed): other mappings in small pieces")
                return
            }
            var rest = found[...]
            for page in stride(from: addresses.lowerBound, to: addresses.upperBound, by: 4096) {
                if let mapping = rest.first, mapping.addresses.upperBound < page {
                    rest.removeFirst()
                }
                let expected = rest.first.flatMap { $0.addresses.contains(page) ? $0 : nil }
                guard Self.page(page, machine) == expected.map({ Self.part($0, page) }) else {
                    Issue.record("seed \(seed), address \(page): \(String(describing: expected))")
                    return
                }
                if expected != nil { mapped += 1 }
            }
            // No more than that, and what could be joined has been.
            #expect(rest.count <= 1)
            for (one, next) in zip(found, found.dropFirst()) {
                #expect(one.addresses.upperBound < next.addresses.lowerBound)
                let size = one.addresses.upperBound - one.addresses.lowerBound + 1
                #expect(
                    one.addresses.upperBound + 1 != next.addresses.lowerBound
                        || one.output + size != next.output || one.isReadable != next.isReadable
                        || one.isWritable != next.isWritable)
            }
        }
        print("mapping walk: \(mapped) pages compared")
        #expect(mapped > Machine.randomCases / 100)
    }

    /// One page as translations see it.
    private static func page(_ address: UInt64, _ machine: Machine) -> Mapping? {
        for isWrite in [false, true] {
            let result = machine.iommu.translate(
                sourceID: 0x10, address: address, isWrite: isWrite, recordsFault: false)
            guard case .page(let page) = result else { continue }
            return Mapping(
                addresses: address...(address | 0xfff),
                output: page.output + (address - page.address), isReadable: page.isReadable,
                isWritable: page.isWritable)
        }
        return nil
    }

    /// One page of a mapping.
    private static func part(_ mapping: Mapping, _ address: UInt64) -> Mapping {
        Mapping(
            addresses: address...(address | 0xfff),
            output: mapping.output + (address - mapping.addresses.lowerBound),
            isReadable: mapping.isReadable, isWritable: mapping.isWritable)
    }
}
