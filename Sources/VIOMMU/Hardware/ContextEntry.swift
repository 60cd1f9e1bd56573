import Interrupts

/// Entry of a context table, one for each function of a bus, 16 bytes (VT-d chapter 9, "Context
/// Entry").
public struct ContextEntry: Register {
    public var rawValue: UInt128

    public init(rawValue: UInt128) { self.rawValue = rawValue }

    /// - Parameters:
    ///   - domain: its id.
    ///   - type: how requests are translated.
    ///   - width: of the second-level tables.
    ///   - table: guest-physical address of the first of them, aligned to 4 KiB.
    public init(domain: UInt16, type: TranslationType, width: AddressWidth, table: UInt64) {
        rawValue = 0
        self[.did] = domain
        self[.tt] = type
        self[.aw] = width.encoding
        self[.slptptr] = table &>> 12
        self[.p] = true
    }

    /// Guest-physical address of the second-level table at the top.
    public var secondLevelTable: UInt64 { self[.slptptr] &<< 12 }

    /// Whether a reserved bit is set.
    ///
    /// - Parameters:
    ///   - hostAddressWidth: address bits from here on are reserved.
    ///   - domainIDBits: bits of the domain id from here on are reserved.
    public func hasReservedBits(hostAddressWidth: UInt8, domainIDBits: UInt8) -> Bool {
        self[.reserved11to4] != 0 || self[.reserved71] || self[.reserved127to88] != 0
            || UInt32(self[.did]) &>> UInt32(domainIDBits) != 0
            || secondLevelTable &>> UInt64(hostAddressWidth) != 0
    }

    /// Size of an entry, in bytes.
    public static var size: UInt64 { 16 }
}

extension BitField where Owner == ContextEntry, Value == Bool {
    /// P: present.
    public static var p: Self { Self(0) }
    /// FPD: fault processing disable: faults of the device are not recorded. In effect even if
    /// the entry is not present.
    public static var fpd: Self { Self(1) }
    public static var reserved71: Self { Self(71) }
}

extension BitField where Owner == ContextEntry, Value == TranslationType {
    /// TT: translation type.
    public static var tt: Self { Self(2...3) }
}

extension BitField where Owner == ContextEntry, Value == UInt8 {
    public static var reserved11to4: Self { Self(4...11) }
    /// AW: width of the second-level tables: 1 is 39 bits, 2 is 48 bits.
    public static var aw: Self { Self(64...66) }
}

extension BitField where Owner == ContextEntry, Value == UInt16 {
    /// DID: domain id.
    public static var did: Self { Self(72...87) }
}

extension BitField where Owner == ContextEntry, Value == UInt64 {
    /// SLPTPTR: second-level page table pointer, in units of 4 KiB.
    public static var slptptr: Self { Self(12...63) }
    public static var reserved127to88: Self { Self(88...127) }
}
