/// A set of interrupt vectors, in the shape of the local APIC's IRR, ISR and TMR: 256 bits.
public struct VectorSet: Equatable, Sendable {
    private var words: InlineArray<4, UInt64>

    /// The empty set.
    public init() { words = InlineArray(repeating: 0) }

    /// The vectors of a range.
    public init(_ range: ClosedRange<UInt8>) {
        self.init()
        for vector in range { insert(vector) }
    }

    /// - Parameter registers: eight registers of 32 vectors each, lowest vectors first.
    public init(registers: InlineArray<8, UInt32>) {
        self.init()
        for index in 0..<4 {
            words[index] = UInt64(registers[2 * index]) | UInt64(registers[2 * index + 1]) << 32
        }
    }

    /// Eight registers of 32 vectors each, lowest vectors first.
    public var registers: InlineArray<8, UInt32> {
        InlineArray { UInt32(truncatingIfNeeded: words[$0 / 2] &>> UInt64($0 % 2 * 32)) }
    }

    public func contains(_ vector: UInt8) -> Bool {
        words[Int(vector >> 6)] & Self.bit(vector) != 0
    }

    public mutating func insert(_ vector: UInt8) { words[Int(vector >> 6)] |= Self.bit(vector) }
    public mutating func remove(_ vector: UInt8) { words[Int(vector >> 6)] &= ~Self.bit(vector) }

    public mutating func formUnion(_ other: VectorSet) {
        for index in 0..<4 { words[index] |= other.words[index] }
    }

    public mutating func subtract(_ other: VectorSet) {
        for index in 0..<4 { words[index] &= ~other.words[index] }
    }

    public mutating func formIntersection(_ other: VectorSet) {
        for index in 0..<4 { words[index] &= other.words[index] }
    }

    public var isEmpty: Bool { words[0] | words[1] | words[2] | words[3] == 0 }

    public var count: Int {
        words[0].nonzeroBitCount + words[1].nonzeroBitCount + words[2].nonzeroBitCount
            + words[3].nonzeroBitCount
    }

    /// The highest vector: the one that the local APIC serves first.
    public var highest: UInt8? {
        for index in (0..<4).reversed() where words[index] != 0 {
            return UInt8(index * 64 + 63 - words[index].leadingZeroBitCount)
        }
        return nil
    }

    public var lowest: UInt8? { lowest(from: 0) }

    /// The lowest vector that is not below `first`.
    public func lowest(from first: UInt8) -> UInt8? {
        for index in Int(first >> 6)..<4 {
            var word = words[index]
            if index == Int(first >> 6) { word &= UInt64.max &<< UInt64(first & 63) }
            if word != 0 { return UInt8(index * 64 + word.trailingZeroBitCount) }
        }
        return nil
    }

    /// The lowest vector above `vector`.
    public func lowest(after vector: UInt8) -> UInt8? {
        vector == 255 ? nil : lowest(from: vector &+ 1)
    }

    /// Calls `body` with each vector, lowest first.
    public func forEach(_ body: (UInt8) -> Void) {
        for index in 0..<4 {
            var word = words[index]
            while word != 0 {
                body(UInt8(index * 64 + word.trailingZeroBitCount))
                word &= word &- 1
            }
        }
    }

    public static func == (left: VectorSet, right: VectorSet) -> Bool {
        left.words[0] == right.words[0] && left.words[1] == right.words[1]
            && left.words[2] == right.words[2] && left.words[3] == right.words[3]
    }

    private static func bit(_ vector: UInt8) -> UInt64 { 1 &<< UInt64(vector & 63) }
}
