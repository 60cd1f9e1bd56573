import Interrupts
import SplitMix64
import VIOMMU

/// A guest with random tables: sound ones, malformed ones, such that refer to themselves or to
/// what is no memory.
final class RandomTables {
    let machine: Machine
    var random: SplitMix64
    let configuration: IOMMUConfiguration
    /// Each domain has its own width and top table: what is cached for it has no other origin.
    let domains: [(width: AddressWidth, top: UInt64)]
    /// A write that the IOMMU may not have seen yet: where, and what was there.
    var overwritten: (address: UInt64, value: UInt64)?

    static let tablePages = 24
    static let sourceIDs: [UInt16] = [0x00, 0x10, 0x11, 0x17, 0xff, 0x110, 0x210]

    init(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let wide = random.below(4) != 0
        let machine = Machine(pages: 64) {
            $0.addressWidth = wide ? .bits48 : .bits39
            $0.hostAddressWidth = [36, 39, 46, 52][random.below(4)]
            $0.snoopControl = random.below(2) == 0
            $0.deviceTLB = random.below(2) == 0
            $0.passThrough = random.below(4) != 0
        }
        configuration = machine.iommu.configuration
        self.machine = machine
        domains = (0..<4).map { number in
            let width: AddressWidth = wide && random.below(8) != 0 ? .bits48 : .bits39
            return (width, Machine.tables + UInt64(number) << 12)
        }
        self.random = random
        fill()
        machine.enableTranslation()
        machine.enableQueue()
    }

    private func fill() {
        for sourceID in Self.sourceIDs where sourceID < 0x100 {
            machine.setContext(sourceID, contextEntry())
        }
        // Bus 1 has no entry; that of bus 2 names the same table, or is malformed, or leads to
        // nowhere.
        var root = RootEntry(contextTable: Machine.contextTable)
        root.rawValue |= 1 << [0, 0, 0, 0, 1, 11, 20, 40, 50, 64, 127][random.below(11)]
        machine.memory.write128(root.rawValue, at: Machine.rootTable + 0x20)
        for page in 0..<UInt64(Self.tablePages) {
            for index: UInt64 in 0..<512 {
                machine.memory.write64(entry(), at: Machine.tables + page << 12 + index * 8)
            }
        }
    }

    /// A context entry, mostly a good one.
    func contextEntry() -> ContextEntry {
        let number = random.below(domains.count)
        let types: [TranslationType] = [
            .secondLevel, .secondLevel, .secondLevel, .secondLevel, .secondLevel, .secondLevel,
            .secondLevel, .secondLevel, .deviceTLB, .passThrough, .reserved,
        ]
        var entry = ContextEntry(
            domain: UInt16(number), type: types[random.below(types.count)],
            width: domains[number].width, table: domains[number].top)
        entry[.fpd] = random.below(4) == 0
        switch random.below(16) {
        case 0: entry[.p] = false
        case 1: entry.rawValue |= 1 << [4, 11, 63, 71, 88, 127][random.below(6)]
        case 2: entry[.aw] = UInt8([0, 3, 7][random.below(3)])
        default: break
        }
        return entry
    }

    /// A paging entry, mostly a good one.
    func entry() -> UInt64 {
        let tables = UInt64(random.below(Self.tablePages)) << 12 + Machine.tables
        var entry = SecondLevelEntry(
            address: tables, read: random.below(16) != 0, write: random.below(16) != 0)
        entry.rawValue |= random.next() & 0x8ff0_0000_0000_037c  // ignored bits
        switch random.below(32) {
        case 0: entry.rawValue = 0
        case 1: entry.rawValue = random.next()
        case 2: entry[.tm] = true
        case 3: entry[.snp] = true
        case 4: entry[.addr] = UInt64(random.below(1 << 24))  // outside RAM, mostly
        case 5, 6, 7:
            entry[.ps] = true
            entry[.addr] = UInt64(random.below(1 << 6)) << 9
        case 8, 9:
            entry[.ps] = true
            entry[.addr] = UInt64(random.below(16)) << 18
        case 10: entry[.addr] = 0xfee00 + UInt64(random.below(256))
        default: break
        }
        return entry.rawValue
    }

    /// An address; few different ones, so that they are met again.
    func address() -> UInt64 {
        switch random.below(16) {
        case 0: return random.next()
        case 1: return 1 << 39 + UInt64(random.below(4096))
        case 2: return 1 << 48 + UInt64(random.below(4096))
        case 3: return 0xfee0_0000 + UInt64(random.below(1 << 21))
        default:
            var result: UInt64 = UInt64(random.below(4096))
            for level in 0..<4 { result |= UInt64(random.below(3)) << UInt64(12 + 9 * level) }
            return result
        }
    }

    func reference(before: Bool) -> ReferenceWalker {
        let memory = machine.memory
        let old = before ? overwritten : nil
        return ReferenceWalker(
            load: { address in
                if let old, old.address == address { return old.value }
                return memory.read64(at: address)
            },
            root: Machine.rootTable, isWide: configuration.addressWidth == .bits48,
            hostAddressWidth: UInt64(configuration.hostAddressWidth),
            snoopControl: configuration.snoopControl, deviceTLB: configuration.deviceTLB,
            passThrough: configuration.passThrough)
    }

    /// What the IOMMU does, in the reference's terms.
    ///
    /// - Returns: nil if it contradicts itself.
    func translate(
        _ sourceID: UInt16, _ address: UInt64, isWrite: Bool
    ) -> ReferenceWalker.Result? {
        let before = machine.iommu.statistics.recordedFaults
        let result = machine.translate(address, write: isWrite, sourceID: sourceID)
        let isRecorded = machine.iommu.statistics.recordedFaults != before
        if isRecorded {
            let first = UInt64(machine.faultStatus[.fri])
            let fault = machine.fault(first)
            guard fault[.sid] == sourceID, fault[.fi] == address >> 12, fault[.t1] != isWrite else {
                return nil
            }
            machine.clearFault(first)
        }
        switch result {
        case .identity: return .identity
        case .interruptRequest: return .interrupt
        case .blocked(let reason):
            return .fault(reason: reason.rawValue, isRecorded: isRecorded)
        case .page(let page):
            guard page.addresses.contains(address), page.address % (page.offsetMask + 1) == 0,
                page.output % (page.offsetMask + 1) == 0
            else { return nil }
            return .page(
                to: page.output + (address - page.address), isReadable: page.isReadable,
                isWritable: page.isWritable)
        }
    }

    /// Writes 8 bytes, as a guest does that has not invalidated yet.
    func overwrite(_ address: UInt64, _ value: UInt64) {
        overwritten = (address, machine.memory.read64(at: address)!)
        machine.memory.write64(value, at: address)
    }
}
