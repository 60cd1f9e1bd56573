import Interrupts

/// TT field of a context entry: how requests of the device are translated (VT-d chapter 9,
/// "Context Entry").
public struct TranslationType: BitFieldValue, Equatable {
    /// The encoding, 0...3.
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue & 3 }
    public init(bits: UInt64) { self.init(rawValue: UInt8(truncatingIfNeeded: bits)) }
    public var bits: UInt64 { UInt64(rawValue) }

    /// Through the second-level tables; no requests of a device TLB.
    public static let secondLevel = TranslationType(rawValue: 0b00)
    /// Through the second-level tables; requests of a device TLB are served.
    public static let deviceTLB = TranslationType(rawValue: 0b01)
    /// Not at all.
    public static let passThrough = TranslationType(rawValue: 0b10)
    public static let reserved = TranslationType(rawValue: 0b11)
}
