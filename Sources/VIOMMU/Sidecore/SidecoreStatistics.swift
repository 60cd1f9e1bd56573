/// What a sidecore's view has seen since it was made. Counts wrap.
public struct SidecoreStatistics: Equatable, Sendable {
    /// How often the register page became memory.
    public var opened: UInt64 = 0
    /// How often it went back to registers that trap.
    public var closed: UInt64 = 0
    /// Writes of the guest's that were found in the page: tails, commands and masks.
    public var consumed: UInt64 = 0
    /// Writes of the guest's to what it can't write, undone.
    public var repaired: UInt64 = 0

    public init() {}
}
