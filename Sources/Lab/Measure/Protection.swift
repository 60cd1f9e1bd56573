/// What keeps a guest in direct mode from the host's interrupts; the lab's kvm modules can do without
/// one (qemu-patches/lab).
enum Protection: String, CaseIterable, Sendable {
    /// The limit of the IDTR, behind which the host's vectors are.
    case limit
    /// LIDT exits, so that the guest can't load a limit.
    case lidt
    /// A bound on the time in the guest.
    case quantum
    /// Nothing that the guest hasn't completed stays in service.
    case drain

    /// Those whose attack is seen to succeed each time. Without the last, whether something stays in
    /// service depends on where the interrupt finds the guest.
    static let shown = [limit, lidt, quantum]

    /// Its bit of the parameter eli_unprotected.
    var parameter: Int {
        switch self {
        case .limit: 1
        case .lidt: 2
        case .quantum: 4
        case .drain: 8
        }
    }

    /// The attack that it is there against.
    var attack: String {
        switch self {
        case .limit, .lidt: "steal"
        case .quantum: "interrupts-off"
        case .drain: "eoi-never"
        }
    }
}
