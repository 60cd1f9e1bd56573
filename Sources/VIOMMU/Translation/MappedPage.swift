/// A page of a device's addresses, and where it leads.
public struct MappedPage: Equatable, Sendable {
    /// First address as the device uses it (IOVA).
    public var address: UInt64
    /// First guest-physical address.
    public var output: UInt64
    /// The page has 2^bits bytes: 12, 21 or 30.
    public var bits: UInt8
    /// Reads are allowed, at all levels.
    public var isReadable: Bool
    /// Writes are allowed, at all levels.
    public var isWritable: Bool

    public init(
        address: UInt64, output: UInt64, bits: UInt8, isReadable: Bool, isWritable: Bool
    ) {
        self.address = address
        self.output = output
        self.bits = bits
        self.isReadable = isReadable
        self.isWritable = isWritable
    }

    /// Size less one.
    public var offsetMask: UInt64 { 1 &<< UInt64(bits) &- 1 }

    /// The addresses as the device uses them.
    public var addresses: ClosedRange<UInt64> { address...address | offsetMask }

    /// Guest-physical addresses.
    public var outputs: ClosedRange<UInt64> { output...output | offsetMask }

    /// The 4 KiB of it that hold an address.
    func smallPage(at address: UInt64) -> MappedPage {
        var result = self
        result.bits = 12
        result.address = address & ~0xfff
        result.output = output | address & offsetMask & ~0xfff
        return result
    }
}
