/// A range of a device's addresses that leads to one contiguous range of guest-physical addresses.
public struct Mapping: Equatable, Sendable {
    /// As the device uses them (IOVA).
    public var addresses: ClosedRange<UInt64>
    /// Guest-physical address of the first.
    public var output: UInt64
    public var isReadable: Bool
    public var isWritable: Bool

    public init(
        addresses: ClosedRange<UInt64>, output: UInt64, isReadable: Bool, isWritable: Bool
    ) {
        self.addresses = addresses
        self.output = output
        self.isReadable = isReadable
        self.isWritable = isWritable
    }

    /// Appends another if it continues this one in both respects and allows the same.
    ///
    /// - Returns: whether it does.
    mutating func append(_ other: Mapping) -> Bool {
        guard other.addresses.lowerBound == addresses.upperBound &+ 1, agrees(with: other) else {
            return false
        }
        addresses = addresses.lowerBound...other.addresses.upperBound
        return true
    }

    /// What is left of it after an address that it has; nil if that is the last one.
    func rest(after address: UInt64) -> Mapping? {
        guard address < addresses.upperBound else { return nil }
        return part(address &+ 1...addresses.upperBound)
    }

    /// The part of it in a range, which lies in it.
    func part(_ range: ClosedRange<UInt64>) -> Mapping {
        Mapping(
            addresses: range, output: output &+ (range.lowerBound &- addresses.lowerBound),
            isReadable: isReadable, isWritable: isWritable)
    }

    /// Whether an address in both leads to the same place, by the same right.
    func agrees(with other: Mapping) -> Bool {
        output &- addresses.lowerBound == other.output &- other.addresses.lowerBound
            && isReadable == other.isReadable && isWritable == other.isWritable
    }
}
