import Interrupts

/// How much an invalidation covers (VT-d 6.5.1 and 6.5.2). One encoding serves the context cache
/// and the IOTLB, in registers and in descriptors.
public struct Granularity: BitFieldValue, Equatable {
    /// The encoding, 0...3.
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue & 3 }
    public init(bits: UInt64) { self.init(rawValue: UInt8(truncatingIfNeeded: bits)) }
    public var bits: UInt64 { UInt64(rawValue) }

    /// In a request not allowed; in a completion: nothing was invalidated, the request was wrong.
    public static let reserved = Granularity(rawValue: 0b00)
    public static let global = Granularity(rawValue: 0b01)
    /// All that is tagged with a domain.
    public static let domain = Granularity(rawValue: 0b10)
    /// Of the context cache: a device, or some functions of one.
    public static let device = Granularity(rawValue: 0b11)
    /// Of the IOTLB: pages of a domain.
    public static let page = Granularity(rawValue: 0b11)
}
