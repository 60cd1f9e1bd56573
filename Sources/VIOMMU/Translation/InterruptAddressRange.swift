/// The addresses whose writes are interrupts rather than accesses to memory (VT-d 3.15).
public enum InterruptAddressRange {
    public static var addresses: ClosedRange<UInt64> { 0xfee0_0000...0xfeef_ffff }

    /// How many of the `count` addresses from `address` on lie in the range, up to the first that
    /// doesn't.
    static func prefix(at address: UInt64, _ count: UInt64) -> UInt64 {
        guard addresses.contains(address) else { return 0 }
        return min(count, addresses.upperBound &- address &+ 1)
    }

    /// How many of the `count` addresses from `address` on, which is not in the range, come before
    /// it.
    static func distance(from address: UInt64, _ count: UInt64) -> UInt64 {
        guard address < addresses.lowerBound else { return count }
        return min(count, addresses.lowerBound &- address)
    }
}
