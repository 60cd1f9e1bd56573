extension [String: UInt64] {
    /// Interrupts that met the limit of the IDTR, or an absent gate below it, and left the guest.
    /// nil if KVM doesn't count them.
    var metLimit: UInt64? {
        guard let limit = self["eli_bounces_gp"], let gates = self["eli_bounces_np"] else {
            return nil
        }
        return limit &+ gates
    }
}
