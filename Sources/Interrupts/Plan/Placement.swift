/// How an interrupt reaches the guest.
public enum Placement: Equatable, Sendable {
    /// The host irq has the guest's own vector: no gate changes.
    case identity(hostVector: UInt8)
    /// The host irq has another vector, whose gate in the shadow IDT is the guest's for its own.
    /// The CPU ranks it by the host vector, so the plan takes one of the nearest class.
    case remapped(hostVector: UInt8)
    /// By the host, as without exitless interrupts.
    case injected

    /// The vector of the host irq on the home CPU, nil if the host chooses.
    public var hostVector: UInt8? {
        switch self {
        case .identity(let vector), .remapped(let vector): vector
        case .injected: nil
        }
    }
}
