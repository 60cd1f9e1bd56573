/// Interrupt descriptor table register (SDM vol. 3, 2.4.3 and 6.10).
public struct IDTR: Equatable, Sendable {
    /// Linear address of the table.
    public let base: UInt64
    /// Offset of the table's last byte.
    public let limit: UInt16

    public init(base: UInt64, limit: UInt16) {
        self.base = base
        self.limit = limit
    }

    /// Number of whole gates, 0...256. A gate whose last byte lies above the limit is #GP.
    public var gateCount: Int { min((Int(limit) + 1) / GateDescriptor.size, 256) }

    /// Whether a delivery of `vector` gets as far as reading its gate.
    public func covers(_ vector: UInt8) -> Bool { Int(vector) < gateCount }

    /// Limit of the guest's IDTR while it runs in direct mode: the gates up to the highest
    /// guest-owned vector, every exception among them, but never more than the guest's own.
    ///
    /// - Parameters:
    ///   - highest: highest guest-owned host vector.
    ///   - guestLimit: limit that the guest loaded.
    public static func directLimit(highest: UInt8, guestLimit: UInt16) -> UInt16 {
        let last = UInt16(max(highest, 31))
        return min((last + 1) * 16 - 1, guestLimit)
    }
}
