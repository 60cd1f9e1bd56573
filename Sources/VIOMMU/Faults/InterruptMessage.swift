/// A message-signaled interrupt of the IOMMU's own. It is not remapped (VT-d 5.1.6).
public struct InterruptMessage: Equatable, Sendable {
    public var address: UInt64
    public var data: UInt32

    public init(address: UInt64, data: UInt32) {
        self.address = address
        self.data = data
    }
}
