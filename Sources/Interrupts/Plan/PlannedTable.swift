/// An IDT of the guest while the plan is made.
struct PlannedTable {
    let table: UInt32
    var gateCount: Int
    var shadowAllowed: Bool
    var layout = ShadowLayout()
    /// Vectors whose gate some vCPU needs as the guest wrote it.
    var identity = VectorSet()

    /// Why `vectors` can't be taken from the guest's own gates, nil if they can: each needs one to
    /// stand in for it.
    func displaceRefusal(_ vectors: VectorSet) -> PlanRefusal? {
        guard shadowAllowed else { return .shadowRefused }
        var free = 0
        for slot in ShadowLayout.aliasSlots
        where Int(slot) < gateCount && !layout.displaces(slot) {
            free += 1
        }
        guard vectors.count <= free else { return .noAliasGate }
        if let highest = vectors.highest, Int(highest) >= gateCount { return .beyondGuestTable }
        return nil
    }

    /// Lets a gate stand in for `vector`: that of the previous layout if it is still free, or the
    /// first that is. `displaceRefusal` has said that there is one.
    mutating func addAlias(for vector: UInt8, like old: ShadowLayout?) {
        if let slot = old?.injected(vector), ShadowLayout.aliasSlots.contains(slot),
            Int(slot) < gateCount, !layout.displaces(slot)
        {
            layout.replace(slot, with: vector)
        } else if let slot = layout.freeAliasSlot(gateCount: gateCount) {
            layout.replace(slot, with: vector)
        }
    }
}
