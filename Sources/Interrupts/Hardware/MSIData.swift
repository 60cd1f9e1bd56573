/// Message data register in compatibility format (SDM vol. 3, 10.11.2, figure 10-25).
public struct MSIData: Register {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
}

extension BitField where Owner == MSIData, Value == UInt8 {
    /// 10H...FEH, as the manual has it.
    public static var vector: Self { Self(0...7) }
}

extension BitField where Owner == MSIData, Value == DeliveryMode {
    public static var deliveryMode: Self { Self(8...10) }
}

extension BitField where Owner == MSIData, Value == Bool {
    /// Level assert. Means nothing for an edge.
    public static var levelAssert: Self { Self(14) }
    /// Trigger mode: level if set, edge if clear.
    public static var levelTriggered: Self { Self(15) }
}
