/// Type of a descriptor in the invalidation queue (VT-d 6.5.2). The other types belong to scalable
/// mode.
public struct InvalidationDescriptorType: Equatable, Sendable {
    /// The encoding, 0...127.
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue & 0x7f }

    public static let contextCache = InvalidationDescriptorType(rawValue: 1)
    public static let iotlb = InvalidationDescriptorType(rawValue: 2)
    public static let deviceTLB = InvalidationDescriptorType(rawValue: 3)
    public static let interruptEntryCache = InvalidationDescriptorType(rawValue: 4)
    public static let wait = InvalidationDescriptorType(rawValue: 5)
}
