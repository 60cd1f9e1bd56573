import Interrupts

/// The fault recording registers (VT-d 7.3.1, "Primary Fault Logging").
struct FaultLog: ~Copyable {
    private let records: FixedBuffer<FaultRecordingRegister>
    /// Where the next fault goes, if the register is free.
    private var next = 0
    /// FSTS.FRI: the register that was filled when none was pending.
    private(set) var first: UInt8 = 0
    /// FSTS.PFO: a fault was dropped. While it is set, all are.
    var hasOverflowed = false

    /// - Parameter count: 1...128.
    init(count: UInt8) {
        records = FixedBuffer(repeating: FaultRecordingRegister(rawValue: 0), count: Int(count))
    }

    /// Number of registers.
    var count: Int { records.count }

    /// FSTS.PPF: a register holds a fault.
    var isPending: Bool { pending > 0 }

    /// How many registers hold a fault.
    var pending: UInt32 {
        var result: UInt32 = 0
        for index in 0..<count where records[index][.f] { result += 1 }
        return result
    }

    /// The register at `index`, or zero beyond the last.
    subscript(index: Int) -> FaultRecordingRegister {
        index >= 0 && index < count ? records[index] : FaultRecordingRegister(rawValue: 0)
    }

    /// Records a fault, unless one of the same source-id is pending: a device that goes astray is
    /// not to hide the faults of others.
    ///
    /// - Returns: whether it was recorded.
    mutating func record(_ fault: FaultRecordingRegister) -> Bool {
        if hasOverflowed { return false }
        for index in 0..<count where records[index][.f] && records[index][.sid] == fault[.sid] {
            return false
        }
        if records[next][.f] {
            hasOverflowed = true
            return false
        }
        if !isPending { first = UInt8(truncatingIfNeeded: next) }
        records[next] = fault
        next = next + 1 < count ? next + 1 : 0
        return true
    }

    /// Frees the register at `index`. Its other fields stay readable.
    mutating func clear(_ index: Int) {
        guard index >= 0, index < count else { return }
        records[index][.f] = false
    }

    mutating func reset() {
        for index in 0..<count { records[index] = FaultRecordingRegister(rawValue: 0) }
        next = 0
        first = 0
        hasOverflowed = false
    }

    // MARK: - State

    func save(to writer: inout StateWriter) {
        writer.put(UInt32(truncatingIfNeeded: next), UInt32(first))
        writer.put(hasOverflowed ? 1 : 0)
        for index in 0..<count {
            writer.put(UInt64(truncatingIfNeeded: records[index].rawValue))
            writer.put(UInt64(truncatingIfNeeded: records[index].rawValue &>> 64))
        }
    }

    mutating func restore(from reader: inout StateReader) {
        let (next, first) = reader.takeHalves()
        self.next = Int(next) < count ? Int(next) : 0
        self.first = Int(first) < count ? UInt8(truncatingIfNeeded: first) : 0
        hasOverflowed = reader.take() != 0
        for index in 0..<count {
            let low = UInt128(truncatingIfNeeded: reader.take())
            let high = UInt128(truncatingIfNeeded: reader.take())
            records[index] = FaultRecordingRegister(
                rawValue: (high &<< 64 | low) & FaultRecordingRegister.defined)
        }
    }
}
