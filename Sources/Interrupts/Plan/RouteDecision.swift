/// The plan for one route.
public struct RouteDecision: Equatable, Sendable {
    /// `Route.device`.
    public let device: UInt32
    /// `Route.index`.
    public let index: UInt32
    /// The vector that the guest expects.
    public let guestVector: UInt8
    /// Index of the vCPU that the interrupt goes to, nil if that isn't exactly one.
    public let vcpu: Int?
    /// How it gets there.
    public let placement: Placement
    /// Why not `.identity`, nil if it is.
    public let notIdentity: Refusal?
    /// Why `.injected`, nil if it isn't.
    public let notDirect: Refusal?
}
