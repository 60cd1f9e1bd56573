/// A vCPU and its home CPU while the plan is made.
struct PlannedCPU {
    /// Why none of its interrupts can be direct.
    var refusal: Refusal?
    /// Index of its table.
    var table: Int
    /// Vectors given to the guest so far.
    var owned = VectorSet()
    /// Vectors of host interrupts that can't be moved.
    var immovable = VectorSet()
    /// The first such interrupt in the order of vectors.
    var lowestImmovable: HostInterrupt?
    /// Lowest vector that the guest knows for a direct interrupt.
    var lowestGuestVector: UInt8?
}
