import Interrupts

/// Entry of the root table, one for each bus, 16 bytes (VT-d chapter 9, "Root Entry").
public struct RootEntry: Register {
    public var rawValue: UInt128

    public init(rawValue: UInt128) { self.rawValue = rawValue }

    /// - Parameter contextTable: guest-physical address, aligned to 4 KiB.
    public init(contextTable: UInt64) {
        rawValue = 0
        self[.ctp] = contextTable &>> 12
        self[.p] = true
    }

    /// Guest-physical address of the bus's context table.
    public var contextTable: UInt64 { self[.ctp] &<< 12 }

    /// Whether a reserved bit is set.
    ///
    /// - Parameter hostAddressWidth: address bits from here on are reserved.
    public func hasReservedBits(hostAddressWidth: UInt8) -> Bool {
        self[.reserved11to1] != 0 || self[.reserved127to64] != 0
            || contextTable &>> UInt64(hostAddressWidth) != 0
    }

    /// Size of an entry, in bytes.
    public static var size: UInt64 { 16 }
}

extension BitField where Owner == RootEntry, Value == Bool {
    /// P: present.
    public static var p: Self { Self(0) }
}

extension BitField where Owner == RootEntry, Value == UInt64 {
    /// CTP: context table pointer, in units of 4 KiB.
    public static var ctp: Self { Self(12...63) }
    public static var reserved127to64: Self { Self(64...127) }
}

extension BitField where Owner == RootEntry, Value == UInt16 {
    public static var reserved11to1: Self { Self(1...11) }
}
