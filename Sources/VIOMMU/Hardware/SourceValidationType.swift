import Interrupts

/// SVT field of an interrupt remapping entry: whose interrupts may use it (VT-d chapter 9).
public struct SourceValidationType: BitFieldValue, Equatable {
    /// The encoding, 0...3.
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue & 3 }
    public init(bits: UInt64) { self.init(rawValue: UInt8(truncatingIfNeeded: bits)) }
    public var bits: UInt64 { UInt64(rawValue) }

    /// Everybody's: the source-id is not verified.
    public static let noVerification = SourceValidationType(rawValue: 0b00)
    /// Those of the source-id in the entry, as qualified by SQ.
    public static let sourceID = SourceValidationType(rawValue: 0b01)
    /// Those of the buses from the upper to the lower byte of the source-id in the entry.
    public static let busRange = SourceValidationType(rawValue: 0b10)
    public static let reserved = SourceValidationType(rawValue: 0b11)
}
