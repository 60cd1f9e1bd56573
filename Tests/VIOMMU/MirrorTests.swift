import Interrupts
import SplitMix64
import Testing
import VIOMMU

@Suite struct MirrorTests {
    /// What a VMM does for an assigned device: it follows effects and walks, and has mapped what the
    /// guest has, no more and no less, whenever the guest sees its wait descriptor completed.
    @Test func mirrorFollowsTheGuest() {
        for seed in 0..<UInt64(8) {
            var random = SplitMix64(seed: seed)
            var guest = Guest()
            for step in 0..<Machine.randomCases / 1_000 {
                guest.change(&random)
                guard guest.isMirrored else {
                    Issue.record("seed \(seed), step \(step)")
                    return
                }
            }
            #expect(guest.changes > Machine.randomCases / 2_000)
        }
    }

    /// A guest that maps and unmaps, and invalidates as a driver does under caching mode; and the
    /// VMM's mirror of the address space of its device 0x10.
    private struct Guest {
        let machine = Machine()
        let tops: [UInt64]
        /// What the guest has mapped in each domain: page to output.
        var mapped: [[UInt64: UInt64]] = [[:], [:]]
        var attached: Attachment = .none
        var mirror: [UInt64: UInt64]?
        var waits: UInt32 = 0
        var changes = 0

        enum Attachment: Equatable {
            case none
            case domain(Int)
            case passThrough
        }

        init() {
            tops = [machine.newTable(), machine.newTable()]
            machine.enableQueue()
            machine.enableTranslation()
            mirror = [:]
        }

        mutating func change(_ random: inout SplitMix64) {
            if random.below(16) == 0 {
                attach([.none, .domain(0), .domain(1), .domain(1), .passThrough][random.below(5)])
            } else {
                let domain = random.below(2)
                let first = 0x1000 + UInt64(random.below(64))
                let count = 1 << random.below(4)
                let output: UInt64? =
                    random.below(3) == 0 ? nil : 0x8_0000 + UInt64(random.below(64))
                for page in 0..<UInt64(count) {
                    set(first + page, output.map { $0 + page }, domain)
                }
                invalidate(first, count, domain, &random)
            }
            machine.enqueue(WaitDescriptor(status: waits + 1, address: Machine.status))
            waits += 1
            follow()
        }

        private mutating func set(_ page: UInt64, _ output: UInt64?, _ domain: Int) {
            mapped[domain][page] = output
            machine.map(
                page << 12, to: (output ?? 0) << 12, top: tops[domain], read: output != nil,
                write: output != nil)
            changes += 1
        }

        /// One of the ways in which the same can be invalidated.
        private func invalidate(
            _ first: UInt64, _ count: Int, _ domain: Int, _ random: inout SplitMix64
        ) {
            let id = UInt16(domain + 1)
            switch random.below(8) {
            case 0: machine.enqueue(IOTLBInvalidateDescriptor(granularity: .global))
            case 1:
                var descriptor = IOTLBInvalidateDescriptor(granularity: .domain)
                descriptor[.did] = id
                machine.enqueue(descriptor)
            default:
                var descriptor = IOTLBInvalidateDescriptor(granularity: .page)
                descriptor[.did] = id
                descriptor[.ih] = true
                // The smallest aligned range that has all pages in it.
                let difference = first ^ (first + UInt64(count) - 1)
                descriptor[.am] = UInt8(UInt64.bitWidth - difference.leadingZeroBitCount)
                descriptor[.addr] = first
                machine.enqueue(descriptor)
            }
        }

        private mutating func attach(_ new: Attachment) {
            attached = new
            var entry = ContextEntry(rawValue: 0)
            switch new {
            case .none: break
            case .domain(let domain):
                entry = ContextEntry(
                    domain: UInt16(domain + 1), type: .secondLevel, width: .bits48,
                    table: tops[domain])
            case .passThrough:
                entry = ContextEntry(domain: 9, type: .passThrough, width: .bits48, table: 0)
            }
            machine.setContext(0x10, entry)
            var descriptor = ContextCacheInvalidateDescriptor(granularity: .device)
            descriptor[.sid] = 0x10
            machine.enqueue(descriptor)
            machine.enqueue(IOTLBInvalidateDescriptor(granularity: .global))
        }

        // MARK: - The VMM's part

        /// Carries out effects. The mirror is nil for an address space that is not translated.
        private mutating func follow() {
            machine.iommu.write(
                machine.tailOffset, at: RegisterOffset.invalidationQueueTail, size: 8)
            while let effect = machine.next() {
                switch effect {
                case .devicesChanged: rebuild()
                case .mappingsChanged(.range(let domain, let addresses)):
                    guard machine.iommu.addressSpace(of: 0x10) == .domain(id: domain) else { break }
                    walk(addresses)
                case .mappingsChanged: rebuild()
                default: break
                }
            }
        }

        private mutating func rebuild() {
            switch machine.iommu.addressSpace(of: 0x10) {
            case .identity: mirror = nil
            case .blocked: mirror = [:]
            case .domain:
                mirror = [:]
                walk(.min ... .max)
            }
        }

        private mutating func walk(_ addresses: ClosedRange<UInt64>) {
            mirror = mirror?.filter { !addresses.contains($0.key << 12) }
            for mapping in machine.mappings(addresses, budget: 7) ?? [] {
                let output = mapping.output >> 12
                let first = mapping.addresses.lowerBound >> 12
                for page in first...mapping.addresses.upperBound >> 12 {
                    mirror?[page] = output + (page - first)
                }
            }
        }

        /// Whether the wait descriptor is complete and the mirror is what the guest has.
        var isMirrored: Bool {
            guard machine.memory.read32(at: Machine.status) == waits else { return false }
            switch attached {
            case .none: return mirror == [:]
            case .domain(let domain): return mirror == mapped[domain]
            case .passThrough: return mirror == nil
            }
        }
    }
}
