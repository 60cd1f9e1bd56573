import Interrupts
import Testing
import VIOMMU

/// An IOMMU with memory, and a guest that programs it as a driver does.
final class Machine {
    /// How many random cases.
    static let randomCases = 1_000_000

    /// Where the guest has its structures.
    static let rootTable: UInt64 = 0x1000
    static let contextTable: UInt64 = 0x2000
    static let queue: UInt64 = 0x3000
    static let interruptTable: UInt64 = 0x4000
    static let status: UInt64 = 0x5000
    /// The first page that is free for second-level tables.
    static let tables: UInt64 = 0x10000

    let memory: TestMemory
    var iommu: IOMMU<TestMemory>
    private var nextTable = Machine.tables
    private var tail: UInt64 = 0

    init(pages: Int = 256, _ configure: (inout IOMMUConfiguration) -> Void = { _ in }) {
        var configuration = IOMMUConfiguration()
        configure(&configuration)
        memory = TestMemory(pages: pages)
        iommu = IOMMU(configuration, memory: memory)
        memory.write128(
            RootEntry(contextTable: Self.contextTable).rawValue, at: Self.rootTable)
    }

    // MARK: - Registers

    func read32(_ offset: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: iommu.read(at: offset, size: 4))
    }

    func read64(_ offset: UInt64) -> UInt64 { iommu.read(at: offset, size: 8) }

    func read(_ offset: UInt64, size: Int) -> UInt64 { iommu.read(at: offset, size: size) }

    /// Writes, and carries out all effects.
    @discardableResult
    func write(_ value: UInt64, _ offset: UInt64, size: Int) -> [Effect] {
        iommu.write(value, at: offset, size: size)
        return effects()
    }

    @discardableResult
    func write32(_ value: UInt32, _ offset: UInt64) -> [Effect] {
        write(UInt64(value), offset, size: 4)
    }

    @discardableResult
    func write64(_ value: UInt64, _ offset: UInt64) -> [Effect] { write(value, offset, size: 8) }

    /// Carries out effects until there are none.
    func effects() -> [Effect] {
        var result: [Effect] = []
        while let effect = next() {
            result.append(effect)
            guard result.count < 100_000 else {
                Issue.record("effects without end")
                break
            }
        }
        return result
    }

    /// The next effect.
    func next(budget: Int = 1_000_000) -> Effect? {
        var budget = budget
        return iommu.nextEffect(budget: &budget)
    }

    var globalStatus: GlobalStatusRegister {
        GlobalStatusRegister(rawValue: read32(RegisterOffset.globalStatus))
    }

    var faultStatus: FaultStatusRegister {
        FaultStatusRegister(rawValue: read32(RegisterOffset.faultStatus))
    }

    var queueError: InvalidationQueueError {
        let raw = read64(RegisterOffset.invalidationQueueError)
        return InvalidationQueueErrorRegister(rawValue: raw)[.iqei]
    }

    func fault(_ index: UInt64) -> FaultRecordingRegister {
        let offset = RegisterOffset.faultRecording + index * FaultRecordingRegister.size
        return FaultRecordingRegister(
            rawValue: UInt128(read64(offset + 8)) << 64 | UInt128(read64(offset)))
    }

    /// Clears F of a fault recording register.
    func clearFault(_ index: UInt64) {
        write32(1 << 31, RegisterOffset.faultRecording + index * 16 + 12)
    }

    /// One change of GCMD_REG, the way a driver makes it.
    @discardableResult
    func command(_ change: (inout GlobalCommandRegister) -> Void) -> [Effect] {
        // One-shot status bits are not to be written back.
        var command = GlobalCommandRegister(
            rawValue: read32(RegisterOffset.globalStatus) & 0x96ff_ffff)
        change(&command)
        return write32(command.rawValue, RegisterOffset.globalCommand)
    }

    // MARK: - What a driver does

    /// Sets the root table and switches translation on.
    func enableTranslation() {
        write64(Self.rootTable, RegisterOffset.rootTableAddress)
        command { $0[.srtp] = true }
        command { $0[.te] = true }
    }

    /// - Parameter size: QS.
    func enableQueue(size: UInt64 = 0, at address: UInt64 = Machine.queue) {
        write64(0, RegisterOffset.invalidationQueueTail)
        write64(address | size, RegisterOffset.invalidationQueueAddress)
        command { $0[.qie] = true }
        tail = 0
    }

    /// - Parameter size: S.
    func enableInterruptRemapping(size: UInt64 = 7, extended: Bool = false) {
        write64(
            Self.interruptTable | size | (extended ? 1 << 11 : 0),
            RegisterOffset.interruptRemappingTableAddress)
        command { $0[.sirtp] = true }
        command { $0[.ire] = true }
    }

    /// Puts a descriptor into the queue of 256 entries and moves the tail behind it.
    @discardableResult
    func submit(_ descriptor: some Register) -> [Effect] {
        enqueue(descriptor)
        return write64(tailOffset, RegisterOffset.invalidationQueueTail)
    }

    /// What IQT_REG is to be so that all in the queue is executed.
    var tailOffset: UInt64 { tail << 4 }

    /// Puts a descriptor into the queue of 256 entries.
    func enqueue(_ descriptor: some Register) {
        memory.write128(
            UInt128(truncatingIfNeeded: descriptor.rawValue), at: Self.queue + tail * 16)
        tail = (tail + 1) % 256
    }

    func setContext(_ sourceID: UInt16, _ entry: ContextEntry) {
        memory.write128(entry.rawValue, at: Self.contextTable + UInt64(sourceID & 0xff) * 16)
    }

    /// An empty second-level table.
    func newTable() -> UInt64 {
        defer { nextTable += 4096 }
        return nextTable
    }

    /// Maps one page, with all the tables that it takes.
    func map(
        _ address: UInt64, to output: UInt64, top: UInt64, width: AddressWidth = .bits48,
        level: UInt8 = 1, read: Bool = true, write: Bool = true
    ) {
        var table = top
        for current in stride(from: width.levels, to: level, by: -1) {
            let location = Self.location(of: address, in: table, level: current)
            var entry = SecondLevelEntry(rawValue: memory.read64(at: location)!)
            if entry.rawValue == 0 {
                entry = SecondLevelEntry(address: newTable(), read: true, write: true)
                memory.write64(entry.rawValue, at: location)
            }
            table = entry.address
        }
        let entry = SecondLevelEntry(
            address: output, read: read, write: write, isPage: level > 1)
        memory.write64(
            entry.rawValue, at: Self.location(of: address, in: table, level: level))
    }

    /// Guest-physical address of the entry that an address uses.
    static func location(of address: UInt64, in table: UInt64, level: UInt8) -> UInt64 {
        table + (address >> UInt64(12 + 9 * (level - 1)) & 511) * 8
    }

    // MARK: - What a device does

    func translate(
        _ address: UInt64, write: Bool = false, sourceID: UInt16 = 0x10
    ) -> Translation {
        iommu.translate(sourceID: sourceID, address: address, isWrite: write)
    }

    /// Where an access leads, or nil if it is not to memory through tables.
    func output(_ address: UInt64, write: Bool = false, sourceID: UInt16 = 0x10) -> UInt64? {
        guard case .page(let page) = translate(address, write: write, sourceID: sourceID) else {
            return nil
        }
        return page.output + (address - page.address)
    }

    func remap(_ address: UInt64, _ data: UInt32, sourceID: UInt16 = 0x10) -> InterruptRemapping {
        iommu.remap(InterruptRequest(sourceID: sourceID, address: address, data: data))
    }

    func mappings(_ addresses: ClosedRange<UInt64>, budget: Int) -> [Mapping]? {
        guard var walk = iommu.mappings(of: 0x10, in: addresses) else { return nil }
        var result: [Mapping] = []
        while true {
            var left = budget
            switch iommu.continueWalk(&walk, budget: &left) {
            case .mapping(let mapping): result.append(mapping)
            case .paused: continue
            case .finished: return result
            }
        }
    }
}
