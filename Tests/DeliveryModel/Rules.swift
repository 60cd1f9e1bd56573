/// The hold: a raised physical TPR while the vCPU is in the run loop, so that the guest's vectors
/// wait for the next entry.
enum Hold: CaseIterable {
    case none
    /// Host vectors share the priority class of the guest's highest vector, and are held as well.
    case sharedClass
    /// That class is the guest's alone (KVM keeps it free of host irqs): then the hold may go on
    /// behind a quantum, and in injection mode while an interrupt in service blocks it anyway.
    case ownClass
}

/// Which rules are in force.
struct Rules {
    private var off: UInt64 = 0
    let hold: Hold

    /// All but one of them.
    init(hold: Hold, without rule: Rule? = nil) {
        self.hold = hold
        if let rule { off = 1 << UInt64(rule.rawValue) }
    }

    subscript(rule: Rule) -> Bool { off & 1 << UInt64(rule.rawValue) == 0 }
}
