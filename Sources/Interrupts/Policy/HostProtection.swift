/// How a host interrupt gets through to the host in spite of a guest in direct mode, in the order
/// of preference. The raw values are part of the C interface.
public enum HostProtection: UInt32, Sendable, CaseIterable {
    /// Affinity to a housekeeping CPU: it never meets the guest.
    case nonELICore = 1
    /// Beyond the limit of the IDTR: its delivery is #GP, which exits.
    case idtrLimit = 2
    /// As an NMI, which always exits.
    case nmi = 3
    /// It waits until the quantum ends.
    case quantum = 4
    /// Nothing brings it through: no direct mode on this CPU.
    case none = 5
}
