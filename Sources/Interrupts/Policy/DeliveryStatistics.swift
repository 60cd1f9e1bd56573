/// What KVM counts for a vCPU. Counters only grow, until they are set to 0 with the vCPU.
public struct DeliveryStatistics: Equatable, Sendable {
    /// VM entries in direct mode.
    public var directEntries: UInt64
    /// Interrupts that an exit from direct mode found and handed to the host: #NP, #GP or an exit
    /// of another kind during their delivery.
    public var bounces: UInt64
    /// Guest-owned vectors found in service at an exit and moved to the virtual APIC.
    public var adopted: UInt64
    /// Runs of the host's handler for a guest-owned vector.
    public var hostHandled: UInt64
    /// Exits because the quantum ended.
    public var quantumExits: UInt64
    /// Those after which the host had an interrupt or other work waiting.
    public var quantumExitsWithWork: UInt64

    public init(
        directEntries: UInt64 = 0, bounces: UInt64 = 0, adopted: UInt64 = 0,
        hostHandled: UInt64 = 0, quantumExits: UInt64 = 0, quantumExitsWithWork: UInt64 = 0
    ) {
        self.directEntries = directEntries
        self.bounces = bounces
        self.adopted = adopted
        self.hostHandled = hostHandled
        self.quantumExits = quantumExits
        self.quantumExitsWithWork = quantumExitsWithWork
    }

    /// What was counted since `earlier`. A counter that has been set to 0 meanwhile counts from
    /// there.
    public func since(_ earlier: DeliveryStatistics) -> DeliveryStatistics {
        func grown(_ now: UInt64, _ before: UInt64) -> UInt64 { now >= before ? now - before : now }
        return DeliveryStatistics(
            directEntries: grown(directEntries, earlier.directEntries),
            bounces: grown(bounces, earlier.bounces),
            adopted: grown(adopted, earlier.adopted),
            hostHandled: grown(hostHandled, earlier.hostHandled),
            quantumExits: grown(quantumExits, earlier.quantumExits),
            quantumExitsWithWork: grown(quantumExitsWithWork, earlier.quantumExitsWithWork))
    }
}
