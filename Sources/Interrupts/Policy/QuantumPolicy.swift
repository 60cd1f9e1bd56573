/// How long a vCPU may run in direct mode before the host looks in.
///
/// An interrupt of the host that the guest masks waits for the end of the quantum, so the latency
/// bound is the quantum's. Within it the quantum shortens while its ends find work waiting, and
/// lengthens while they find none.
public struct QuantumPolicy: Sendable {
    /// The quantum in force, in TSC ticks: never above `bound` nor below `floor`.
    public private(set) var ticks: UInt64
    /// The longest quantum, in TSC ticks.
    public let bound: UInt64
    /// The shortest, in TSC ticks: an eighth of the bound, so that a guest that keeps the host waiting
    /// costs eight times as many exits at most; but at least 50 us, and a tick of the timer.
    public let floor: UInt64
    private let timerRate: UInt8
    private var last: DeliveryStatistics?

    /// Latency bounds that can be asked for, in microseconds. Others are taken to the nearest.
    public static let latencyRange: ClosedRange<UInt32> = 50...10_000
    /// In microseconds.
    public static let defaultLatency: UInt32 = 1_000

    /// - Parameters:
    ///   - latency: bound on the latency of host interrupts, in microseconds.
    ///   - tscKHz: frequency of the TSC.
    ///   - timerRate: rate of the VMX-preemption timer, `VMXMiscellaneous`; 0 where a timer of
    ///     another kind ends the quantum.
    public init(
        latency: UInt32 = QuantumPolicy.defaultLatency, tscKHz: UInt32, timerRate: UInt8
    ) throws(QuantumRefusal) {
        guard tscKHz >= 1_000 else { throw .noFrequency }
        let range = Self.latencyRange
        let microseconds = min(max(latency, range.lowerBound), range.upperBound)
        self.timerRate = timerRate & 31
        // At most 10^4 * 2^32 / 10^3: no overflow.
        bound = UInt64(microseconds) * UInt64(tscKHz) / 1_000
        let tick = UInt64(1) << UInt64(self.timerRate)
        guard tick <= bound else { throw .timerTooCoarse }
        let shortest = UInt64(range.lowerBound) * UInt64(tscKHz) / 1_000
        floor = min(max(bound / 8, shortest, tick), bound)
        ticks = bound
    }

    /// When a quantum that begins at `now` ends, in TSC ticks. Saturates.
    public func deadline(from now: UInt64) -> UInt64 {
        let (sum, overflow) = now.addingReportingOverflow(ticks)
        return overflow ? .max : sum
    }

    /// The value for the VMX-preemption timer at an entry at `now`: 0, which exits at once, if the
    /// deadline has come. Rounded down: the timer never ends behind the deadline.
    public func timerValue(deadline: UInt64, now: UInt64) -> UInt32 {
        guard deadline > now else { return 0 }
        return UInt32(clamping: min(deadline - now, bound) >> UInt64(timerRate))
    }

    /// Takes what has been counted so far; call it once per epoch.
    ///
    /// If half of the quantum's ends found work the quantum is halved, if none did it grows by a
    /// quarter; without any end there is nothing to learn.
    public mutating func learn(_ statistics: DeliveryStatistics) {
        guard let last else {
            self.last = statistics
            return
        }
        let epoch = statistics.since(last)
        self.last = statistics
        guard epoch.quantumExits > 0 else { return }
        let idle = epoch.quantumExits - min(epoch.quantumExits, epoch.quantumExitsWithWork)
        if epoch.quantumExitsWithWork == 0 {
            ticks = min(ticks + ticks / 4 + 1, bound)
        } else if idle <= epoch.quantumExits / 2 {
            ticks = max(ticks / 2, floor)
        }
    }
}
