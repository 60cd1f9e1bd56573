/// Which rules are in force.
struct Rules {
    private var off: UInt64 = 0
    /// Whether KVM uses the hold: a raised physical TPR while the vCPU is in the run loop.
    let hold: Bool

    /// All but one of them.
    init(hold: Bool, without rule: Rule? = nil) {
        self.hold = hold
        if let rule { off = 1 << UInt64(rule.rawValue) }
    }

    subscript(rule: Rule) -> Bool { off & 1 << UInt64(rule.rawValue) == 0 }
}
