/// A refusal and what it is about, so that a message can name it.
public struct Refusal: Equatable, Sendable {
    /// Why.
    public let reason: PlanRefusal
    /// The host interrupt in the way, if it is one.
    public let interrupt: HostInterrupt?

    public init(_ reason: PlanRefusal, interrupt: HostInterrupt? = nil) {
        self.reason = reason
        self.interrupt = interrupt
    }
}
