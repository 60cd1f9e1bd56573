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
        let size = addresses.upperBound &- addresses.lowerBound &+ 1
        guard other.addresses.lowerBound == addresses.upperBound &+ 1,
            other.output == output &+ size, other.isReadable == isReadable,
            other.isWritable == isWritable
        else { return false }
        addresses = addresses.lowerBound...other.addresses.upperBound
        return true
    }

    /// What is left of it after an address that it has; nil if that is the last one.
    func rest(after address: UInt64) -> Mapping? {
        guard address < addresses.upperBound else { return nil }
        var result = self
        result.addresses = address &+ 1...addresses.upperBound
        result.output = output &+ (result.addresses.lowerBound &- addresses.lowerBound)
        return result
    }
}
