/// A vector of the host that may arrive on an ELI CPU, as the choice of its protection sees it.
public struct HostVector: Equatable, Sendable {
    /// Its number on the CPU.
    public let vector: UInt8
    /// Whether it can be sent to another CPU by its affinity.
    public let movable: Bool
    /// Whether it must get through while the guest has interrupts off.
    public let urgent: Bool
    /// Whether its sender can send an NMI instead: KVM's own kick, and an MSI that no interrupt
    /// remapping stands before.
    public let canBeNMI: Bool

    public init(vector: UInt8, movable: Bool, urgent: Bool, canBeNMI: Bool) {
        self.vector = vector
        self.movable = movable
        self.urgent = urgent
        self.canBeNMI = canBeNMI
    }
}
