/// The plan for one vCPU and its home CPU.
public struct CPUDecision: Equatable, Sendable {
    /// The home CPU, nil if the vCPU has none or is not served directly.
    public let cpu: UInt32?
    /// Why no interrupt of this vCPU can be direct, nil if some can.
    public let refusal: Refusal?
    /// Vectors on the home CPU that belong to the guest.
    public let owned: VectorSet
    /// Vectors on the home CPU to be held by spacers: all that can be handed out up to the highest
    /// guest-owned one, less those that are the guest's or in use.
    public let spacers: VectorSet
    /// Limit of the IDTR in direct mode, nil if nothing is direct.
    public let limit: UInt16?
    /// Lowest vector that the guest knows for an interrupt of its own: no direct mode while its
    /// TPR has the class of this vector or a higher one.
    public let lowestGuestVector: UInt8?
    /// What is left open on the CPU.
    public let exposures: Exposures

    init(
        cpu: UInt32?, refusal: Refusal?, owned: VectorSet = VectorSet(),
        spacers: VectorSet = VectorSet(), limit: UInt16? = nil, lowestGuestVector: UInt8? = nil,
        exposures: Exposures = []
    ) {
        self.cpu = cpu
        self.refusal = refusal
        self.owned = owned
        self.spacers = spacers
        self.limit = limit
        self.lowestGuestVector = lowestGuestVector
        self.exposures = exposures
    }
}
