/// Why no quantum can be kept. The raw values are part of the C interface.
public enum QuantumRefusal: UInt32, Error, Sendable, CaseIterable {
    case noFrequency = 1
    case timerTooCoarse = 2

    /// The cause, one clause without a full stop.
    public var message: StaticString {
        switch self {
        case .noFrequency: "the TSC's frequency is not known, or below 1 MHz"
        case .timerTooCoarse: "one tick of the VMX preemption timer is longer than the latency bound"
        }
    }
}
