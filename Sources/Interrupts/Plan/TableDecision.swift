/// The plan for one IDT of the guest.
public struct TableDecision: Equatable, Sendable {
    /// `VirtualCPU.table`.
    public let table: UInt32
    /// The guest's own table needs no shadow.
    public internal(set) var layout: ShadowLayout
}
