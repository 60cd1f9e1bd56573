/// What a mirror wants of the host. It is to be done at once, in this order.
public enum MirrorChange: Equatable, Sendable {
    /// Map a naturally aligned range whose size is a power of two.
    case map(Mapping)
    /// Unmap all that is mapped in a range, which no mapping lies in by a part.
    case unmap(ClosedRange<UInt64>)
    /// The budget is used up: ask again soon.
    case paused
}
