/// What the plan needs to know about a vCPU.
public struct VirtualCPU: Equatable, Sendable {
    /// Its x2APIC ID.
    public let apicID: UInt32
    /// The host CPU that its thread is pinned to, nil if it may run on several.
    public let home: UInt32?
    /// Names the guest's IDT: vCPUs with equal values share the table's pages.
    public let table: UInt32
    /// Number of whole gates in that table, 0...256.
    public let gateCount: Int
    /// Whether the VMM can lay a shadow over the table's pages.
    public let shadowAllowed: Bool

    public init(
        apicID: UInt32, home: UInt32?, table: UInt32, gateCount: Int, shadowAllowed: Bool
    ) {
        self.apicID = apicID
        self.home = home
        self.table = table
        self.gateCount = min(max(gateCount, 0), 256)
        self.shadowAllowed = shadowAllowed
    }
}
