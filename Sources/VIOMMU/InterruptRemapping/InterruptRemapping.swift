/// What becomes of an interrupt request.
public enum InterruptRemapping: Equatable, Sendable {
    /// It goes on as it is.
    case unchanged
    /// It goes on as this.
    case remapped(RemappedInterrupt)
    /// It is dropped. The fault has been recorded, unless that is disabled.
    case blocked(FaultReason)
}
