/// Width of second-level tables, that is of the addresses that devices use (VT-d 3.7, "adjusted
/// guest address width").
public enum AddressWidth: UInt8, Sendable {
    /// Three levels of tables.
    case bits39 = 39
    /// Four levels of tables.
    case bits48 = 48

    /// - Parameter encoding: as in the AW field of a context entry.
    /// - Returns: nil for widths other than these two.
    public init?(encoding: UInt8) {
        switch encoding {
        case 1: self = .bits39
        case 2: self = .bits48
        default: return nil
        }
    }

    /// As in the AW field of a context entry.
    public var encoding: UInt8 { self == .bits39 ? 1 : 2 }

    /// Number of levels of tables, 3 or 4.
    public var levels: UInt8 { self == .bits39 ? 3 : 4 }

    /// The highest address.
    public var lastAddress: UInt64 { 1 &<< UInt64(rawValue) &- 1 }
}
