/// An interrupt of an assigned device as the guest programmed it.
public struct Route: Equatable, Sendable {
    /// The device, by any number that is unique in the VM and stable.
    public let device: UInt32
    /// The MSI-X table entry, or the number of the MSI.
    public let index: UInt32
    /// The message, in compatibility format.
    public let address: MSIAddress
    /// The message's data, in the same format.
    public let data: MSIData
    /// Whether the host can place the device's irq on a CPU and vector of our choice.
    public let movable: Bool

    public init(
        device: UInt32, index: UInt32, address: MSIAddress, data: MSIData, movable: Bool
    ) {
        self.device = device
        self.index = index
        self.address = address
        self.data = data
        self.movable = movable
    }

    /// The vector that the guest expects.
    public var guestVector: UInt8 { data[.vector] }
}
