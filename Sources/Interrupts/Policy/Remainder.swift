/// What a protection leaves open. The raw values are part of the C interface.
public struct Remainder: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// It waits while the guest has interrupts off or an interrupt of an equal or higher class in
    /// service, at most for the quantum.
    public static let waitsWhileGuestMasks = Remainder(rawValue: 1 << 0)
    /// NMIs that arrive together are one: the handler must look at all their sources.
    public static let coalesced = Remainder(rawValue: 1 << 1)
    /// It reaches a gate of the guest's if the guest has interrupts on: only safe for a vector
    /// that nothing raises.
    public static let stealable = Remainder(rawValue: 1 << 2)
}
