/// When what the guest has unmapped is unmapped in the host.
public enum TeardownMode: UInt32, Sendable {
    /// Before the guest learns that its invalidation is complete.
    case strict = 0
    /// Later, in batches, or before the same addresses are mapped again.
    case deferred = 1
    /// As deferred; and a mapping that comes back as it was is used again.
    case optimistic = 2
}
