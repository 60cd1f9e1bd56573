/// Message data in remappable format (VT-d 5.1.2.2).
public struct RemappableMSIData: Register {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
}

extension BitField where Owner == RemappableMSIData, Value == UInt16 {
    /// Added to the handle if the address says so, zero otherwise.
    public static var subhandle: Self { Self(0...15) }
    public static var reserved: Self { Self(16...31) }
}
