/// A write to the interrupt address range, or an interrupt of an I/O APIC.
public struct InterruptRequest: Equatable, Sendable {
    /// Of the device.
    public var sourceID: UInt16
    public var address: UInt64
    public var data: UInt32

    public init(sourceID: UInt16, address: UInt64, data: UInt32) {
        self.sourceID = sourceID
        self.address = address
        self.data = data
    }
}
