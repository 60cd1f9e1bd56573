/// What a plan leaves open on a CPU. The raw values are part of the C interface.
public struct Exposures: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// While the guest has interrupts off, the host's wait, at most for the quantum.
    public static let latency = Exposures(rawValue: 1 << 0)
    /// An assigned device can raise any vector of the host.
    public static let anyVector = Exposures(rawValue: 1 << 1)
    /// The guest can find that gates of its IDT are replaced, and INT n through one of them
    /// reaches another of its handlers.
    public static let replacedGates = Exposures(rawValue: 1 << 2)
    /// A host interrupt lies below the IDTR limit: a guest that maps other memory at its IDT's
    /// address receives it.
    public static let stealable = Exposures(rawValue: 1 << 3)
}
