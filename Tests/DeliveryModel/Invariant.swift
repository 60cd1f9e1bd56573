/// The invariants of the delivery protocol.
enum Invariant: String {
    case noLoss = "I1 no loss: every interrupt is handled exactly once by its owner"
    case nothingStolen = "I2 nothing stolen: a host vector is never left to the guest"
    case cleanHost = "I3 in host mode the physical ISR holds no guest-owned vector"
    case emptyVirtualISR = "I4 in direct mode the virtual ISR is empty, and an EOI completes what the guest meant"
    case bounded = "I5 bounded: the host regains the CPU within the quantum"
    case offThePath = "I6 correct off the fast path"
    case unaware = "I7 unaware: the guest sees its own IDTR, vectors and APIC"
}
