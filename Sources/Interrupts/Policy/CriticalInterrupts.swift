/// Chooses how each host interrupt on an ELI CPU gets through, each with what it leaves open.
public struct CriticalInterrupts: Sendable {
    private let highestOwned: UInt8
    private let housekeeping: Bool
    private let quantum: Bool

    /// - Parameters:
    ///   - highestOwned: the highest guest-owned vector on the CPU: the IDTR limit is behind it.
    ///   - housekeeping: whether an online housekeeping CPU exists, which takes interrupts and
    ///     sends NMIs.
    ///   - quantum: whether something ends the guest's quantum: the VMX-preemption timer, or NMIs
    ///     of a housekeeping CPU.
    public init(highestOwned: UInt8, housekeeping: Bool, quantum: Bool) {
        self.highestOwned = highestOwned
        self.housekeeping = housekeeping
        self.quantum = quantum
    }

    /// The first of the protections that does for `vector`, and what it leaves open.
    public func choose(_ vector: HostVector) -> (protection: HostProtection, open: Remainder) {
        if vector.movable && housekeeping { return (.nonELICore, []) }
        let beyondLimit = vector.vector > highestOwned
        if beyondLimit && quantum && !vector.urgent {
            return (.idtrLimit, .waitsWhileGuestMasks)
        }
        if vector.canBeNMI { return (.nmi, .coalesced) }
        // Urgent, but late at worst by the quantum.
        if beyondLimit && quantum { return (.quantum, .waitsWhileGuestMasks) }
        // Below the limit, or with nothing to end the guest's time: never safe.
        return (.none, beyondLimit ? .waitsWhileGuestMasks : [.waitsWhileGuestMasks, .stealable])
    }
}
