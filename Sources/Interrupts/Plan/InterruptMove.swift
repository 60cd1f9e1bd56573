/// A host interrupt to be moved away before the plan is put into force.
public struct InterruptMove: Equatable, Sendable {
    /// As it is now.
    public let interrupt: HostInterrupt
    /// The housekeeping CPU to move it to.
    public let to: UInt32
}
