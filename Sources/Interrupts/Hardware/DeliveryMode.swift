/// Delivery mode of an interrupt message (SDM vol. 3, 10.11.2).
public struct DeliveryMode: BitFieldValue, Equatable {
    /// The encoding, 0...7.
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue & 7 }
    public init(bits: UInt64) { self.init(rawValue: UInt8(truncatingIfNeeded: bits)) }
    public var bits: UInt64 { UInt64(rawValue) }

    public static let fixed = DeliveryMode(rawValue: 0b000)
    public static let lowestPriority = DeliveryMode(rawValue: 0b001)
    public static let smi = DeliveryMode(rawValue: 0b010)
    public static let nmi = DeliveryMode(rawValue: 0b100)
    public static let initialize = DeliveryMode(rawValue: 0b101)
    public static let extINT = DeliveryMode(rawValue: 0b111)
}
