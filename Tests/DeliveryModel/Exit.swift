/// Why the guest was left.
enum Exit: Equatable {
    /// #NP or #GP in the delivery of an external interrupt.
    case bounce(Vector)
    /// An EPT violation in the delivery of one.
    case interrupted(Vector)
    case tripleFault
    case quantum
    case other
}
