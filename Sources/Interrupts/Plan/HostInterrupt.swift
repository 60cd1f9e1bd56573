/// An interrupt of the host that is not an assigned device's: who uses which vector.
public struct HostInterrupt: Equatable, Sendable {
    /// The host's number for it, by which a person finds it in /proc/interrupts.
    public let irq: UInt32
    /// Where it is delivered.
    public let cpu: UInt32
    /// By which vector.
    public let vector: UInt8
    /// Whether its affinity can be changed. That of a managed irq can't.
    public let movable: Bool

    public init(irq: UInt32, cpu: UInt32, vector: UInt8, movable: Bool) {
        self.irq = irq
        self.cpu = cpu
        self.vector = vector
        self.movable = movable
    }
}
