import Interrupts
import SplitMix64
import Testing
import VIOMMU

@Suite struct TranslationProperties {
    private static let accessesPerRound = 40

    /// Random tables, writes to them and accesses. After a write and the proper invalidation,
    /// results are those of the reference; in between they are those of before the write or of
    /// after it.
    @Test func random() {
        let guests = max(Machine.randomCases / 5_000, 8)
        var counts: [String: Int] = [:]
        for seed in 0..<UInt64(guests) {
            let tables = RandomTables(seed: seed)
            for round in 0..<60 {
                guard Self.round(tables, &counts) else {
                    Issue.record("seed \(seed), round \(round)")
                    return
                }
            }
        }
        print("translation: \(counts.values.reduce(0, +)) random accesses: \(counts)")
        // Everything was met, faults of all kinds among it.
        for kind in ["identity", "interrupt", "page", "stale"] {
            #expect(counts[kind, default: 0] > 100, "\(kind)")
        }
        for reason in [1, 2, 3, 4, 5, 6, 7, 9, 0xa, 0xb, 0xc, 0xe, 0x29] {
            #expect(counts["fault \(reason)", default: 0] > 0, "fault reason \(reason)")
        }
    }

    /// A write, accesses, the invalidation for it, accesses.
    private static func round(_ tables: RandomTables, _ counts: inout [String: Int]) -> Bool {
        // What is accessed before is cached, and tried again at each step.
        let accesses = (0..<accessesPerRound).map { _ in Access(tables) }
        func areRight(_ affected: Affected, _ counts: inout [String: Int]) -> Bool {
            for access in accesses {
                let result = access.result(tables)
                let old = access.expected(tables, before: true)
                let new = access.expected(tables, before: false)
                guard result == new || affected.mayBeStale(access) && result == old else {
                    let got = String(describing: result)
                    Issue.record("\(access): \(got), not \(new) (was \(old))")
                    return false
                }
                counts[result == new ? kind(new) : "stale", default: 0] += 1
            }
            return true
        }
        guard areRight(.none, &counts) else { return false }
        let affected = write(tables, accesses)
        guard areRight(affected, &counts) else { return false }
        invalidate(affected, tables)
        guard areRight(affected.afterInvalidation, &counts) else { return false }
        // Now what was left out, too.
        _ = tables.machine.submit(ContextCacheInvalidateDescriptor(granularity: .global))
        _ = tables.machine.submit(IOTLBInvalidateDescriptor(granularity: .global))
        tables.overwritten = nil
        return true
    }

    private struct Access: CustomStringConvertible {
        let sourceID: UInt16
        let address: UInt64
        let isWrite: Bool

        init(_ tables: RandomTables) {
            sourceID = RandomTables.sourceIDs[tables.random.below(RandomTables.sourceIDs.count)]
            address = tables.address()
            isWrite = tables.random.below(2) == 0
        }

        func result(_ tables: RandomTables) -> ReferenceWalker.Result? {
            tables.translate(sourceID, address, isWrite: isWrite)
        }

        func expected(_ tables: RandomTables, before: Bool) -> ReferenceWalker.Result {
            tables.reference(before: before)
                .translate(sourceID: UInt64(sourceID), address: address, isWrite: isWrite)
        }

        var description: String {
            "\(isWrite ? "write" : "read") of \(String(sourceID, radix: 16)) to "
                + String(address, radix: 16)
        }
    }

    /// What a write concerns, so that what is stale about it may be seen.
    private enum Affected {
        case none
        /// A context entry of a source-id.
        case context(UInt16)
        /// A paging entry, and all translations are invalidated.
        case everything
        /// A paging entry, and those of a domain are.
        case domain(UInt16, tables: RandomTables)
        /// A paging entry, and those of a page of a domain are.
        case page(address: UInt64, domain: UInt16, tables: RandomTables)
        /// After an invalidation of part of what is affected, accesses to the rest may be stale.
        case allBut(domain: UInt16, address: UInt64?, tables: RandomTables)

        func mayBeStale(_ access: Access) -> Bool {
            switch self {
            case .none: return false
            case .context, .everything, .domain, .page: return true
            case .allBut(let domain, let address, let tables):
                guard TranslationProperties.domain(of: access.sourceID, tables) == domain else {
                    return true
                }
                return address != nil && access.address >> 12 != address! >> 12
            }
        }

        var afterInvalidation: Affected {
            switch self {
            case .domain(let domain, let tables):
                return .allBut(domain: domain, address: nil, tables: tables)
            case .page(let address, let domain, let tables):
                return .allBut(domain: domain, address: address, tables: tables)
            default: return .none
            }
        }
    }

    /// The domain in a device's context entry, be it good or not.
    private static func domain(of sourceID: UInt16, _ tables: RandomTables) -> UInt16 {
        let location = Machine.contextTable + UInt64(sourceID & 0xff) * 16
        return ContextEntry(rawValue: tables.machine.memory.read128(at: location)!)[.did]
    }

    private static func write(_ tables: RandomTables, _ accesses: [Access]) -> Affected {
        let access = accesses[tables.random.below(accesses.count)]
        if tables.random.below(4) == 0 {
            let entry = tables.contextEntry()
            let half = UInt64(tables.random.below(2)) * 8
            let location = Machine.contextTable + UInt64(access.sourceID & 0xff) * 16
            // Domain, width and top table belong together: only what else there is may change
            // half by half.
            var old = ContextEntry(rawValue: tables.machine.memory.read128(at: location)!)
            if half == 0 {
                old[.p] = entry[.p]
                old[.fpd] = entry[.fpd]
                old[.tt] = entry[.tt]
                old[.reserved11to4] = entry[.reserved11to4]
            } else {
                old[.reserved71] = entry[.reserved71]
                old[.reserved127to88] = entry[.reserved127to88]
            }
            let word = UInt64(truncatingIfNeeded: old.rawValue >> UInt128(half * 8))
            tables.overwrite(location + half, word)
            return .context(access.sourceID)
        }
        // An entry that the access uses, if it gets that far: at a random level.
        let domain = domain(of: access.sourceID, tables)
        let (width, top) = tables.domains[Int(domain) % tables.domains.count]
        var table = top
        var level = width.levels
        let last = UInt8(1 + tables.random.below(Int(level)))
        var location = Machine.location(of: access.address, in: table, level: level)
        while level > last {
            let entry = SecondLevelEntry(rawValue: tables.machine.memory.read64(at: location)!)
            guard !entry.isPage(level: level),
                entry.address >= Machine.tables,
                entry.address < Machine.tables + UInt64(RandomTables.tablePages) << 12
            else { break }
            table = entry.address
            level -= 1
            location = Machine.location(of: access.address, in: table, level: level)
        }
        tables.overwrite(location, tables.entry())
        switch tables.random.below(3) {
        case 0: return .everything
        case 1: return .domain(domain, tables: tables)
        default: return .page(address: access.address, domain: domain, tables: tables)
        }
    }

    private static func invalidate(_ affected: Affected, _ tables: RandomTables) {
        switch affected {
        case .none, .allBut: break
        case .everything:
            tables.machine.submit(IOTLBInvalidateDescriptor(granularity: .global))
        case .context(let sourceID):
            var descriptor = ContextCacheInvalidateDescriptor(granularity: .device)
            // The functions of bus 2 have the same entries, see RandomTables.
            descriptor[.sid] = sourceID & 0xff
            tables.machine.submit(descriptor)
            descriptor[.sid] = sourceID & 0xff | 0x200
            tables.machine.submit(descriptor)
        case .domain(let domain, _):
            var descriptor = IOTLBInvalidateDescriptor(granularity: .domain)
            descriptor[.did] = domain
            tables.machine.submit(descriptor)
        case .page(let address, let domain, _):
            var descriptor = IOTLBInvalidateDescriptor(granularity: .page)
            descriptor[.did] = domain
            descriptor[.am] = UInt8(tables.random.below(19))
            descriptor[.addr] = address >> 12
            tables.machine.submit(descriptor)
        }
    }

    private static func kind(_ result: ReferenceWalker.Result) -> String {
        switch result {
        case .identity: "identity"
        case .interrupt: "interrupt"
        case .page: "page"
        case .fault(let reason, _): "fault \(reason)"
        }
    }
}
