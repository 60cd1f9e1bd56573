import Interrupts

/// Entry of a second-level table, 8 bytes (VT-d chapter 9, "Second-Level Paging Entries").
///
/// Levels are counted from 1, whose entries map 4 KiB.
public struct SecondLevelEntry: Register {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// - Parameters:
    ///   - address: guest-physical, of the next table or of the page; aligned to 4 KiB.
    ///   - isPage: whether it is a page in a table above level 1.
    public init(address: UInt64, read: Bool, write: Bool, isPage: Bool = false) {
        rawValue = 0
        self[.addr] = address &>> 12
        self[.r] = read
        self[.w] = write
        self[.ps] = isPage
    }

    /// Guest-physical address of the next table or of the page.
    public var address: UInt64 { self[.addr] &<< 12 }

    /// Whether the entry, in a table of the given level, maps a page rather than naming a table.
    /// At level 4 the bit that says so is reserved.
    public func isPage(level: UInt8) -> Bool { level == 1 || self[.ps] && level <= 3 }

    /// Bits of the offset into what an entry at `level` maps: 12, 21, 30 or 39.
    public static func pageBits(level: UInt8) -> UInt8 { 12 &+ 9 &* (level &- 1) }

    /// Whether a reserved bit is set.
    ///
    /// - Parameters:
    ///   - level: of the table, 1...4.
    ///   - hostAddressWidth: address bits from here on are reserved, 32...52.
    ///   - snoopControl: whether SNP may be set in an entry that maps a page.
    public func hasReservedBits(level: UInt8, hostAddressWidth: UInt8, snoopControl: Bool) -> Bool {
        let isPage = isPage(level: level)
        if self[.tm] || address &>> UInt64(hostAddressWidth) != 0 { return true }
        if self[.snp] && !(isPage && snoopControl) { return true }
        if level == 4 && self[.ps] { return true }
        let offset: UInt64 = 1 &<< UInt64(Self.pageBits(level: level)) &- 1
        return isPage && address & offset != 0
    }

    /// Size of an entry, in bytes.
    public static var size: UInt64 { 8 }
}

extension BitField where Owner == SecondLevelEntry, Value == Bool {
    /// R: reads are allowed.
    public static var r: Self { Self(0) }
    /// W: writes are allowed.
    public static var w: Self { Self(1) }
    /// PS: maps a page of 2 MiB or 1 GiB. Ignored at level 1, reserved at level 4.
    public static var ps: Self { Self(7) }
    /// SNP: requests are snooped. Only in entries that map a page, and if ECAP.SC is set.
    public static var snp: Self { Self(11) }
    /// TM: transient mapping, long withdrawn: reserved.
    public static var tm: Self { Self(62) }
}

extension BitField where Owner == SecondLevelEntry, Value == UInt64 {
    /// ADDR: in units of 4 KiB.
    public static var addr: Self { Self(12...51) }
}
