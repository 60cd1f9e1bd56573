/// Type field of a gate descriptor in IA-32e mode (SDM vol. 3, table 3-2). Other encodings are
/// reserved there: delivery through them raises #GP.
public struct GateType: BitFieldValue, Equatable {
    /// The encoding, 0...15.
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue & 0xf }
    public init(bits: UInt64) { self.init(rawValue: UInt8(truncatingIfNeeded: bits)) }
    public var bits: UInt64 { UInt64(rawValue) }

    /// 64-bit interrupt gate: delivery clears IF.
    public static let interrupt = GateType(rawValue: 0xe)
    /// 64-bit trap gate: delivery leaves IF.
    public static let trap = GateType(rawValue: 0xf)
}
