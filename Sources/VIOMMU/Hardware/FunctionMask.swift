import Interrupts

/// Which bits of a source-id's function number a device-selective invalidation ignores (VT-d
/// 6.5.2.1).
public struct FunctionMask: BitFieldValue, Equatable {
    /// The encoding, 0...3: none, bit 2, bits 2:1, bits 2:0.
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue & 3 }
    public init(bits: UInt64) { self.init(rawValue: UInt8(truncatingIfNeeded: bits)) }
    public var bits: UInt64 { UInt64(rawValue) }

    /// The bits of a source-id that are compared.
    public var compared: UInt16 { ~(7 &<< UInt16(3 &- rawValue) & 7) }

    /// Whether the device belongs to those that `sourceID` names.
    public func matches(_ device: UInt16, _ sourceID: UInt16) -> Bool {
        (device ^ sourceID) & compared == 0
    }
}
