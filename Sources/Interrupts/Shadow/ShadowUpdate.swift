/// What became of a change to a shadow IDT.
public enum ShadowUpdate: Equatable, Sendable {
    /// CPUs see the change.
    case published
    /// Gates whose upper half has to change as well are not present until `settle()`. An interrupt
    /// that meets one of them goes to the host.
    case withheld
}
