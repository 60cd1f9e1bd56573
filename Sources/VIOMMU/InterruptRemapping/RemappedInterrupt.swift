import Interrupts

/// An interrupt as its entry in the interrupt remapping table has it.
public struct RemappedInterrupt: Equatable, Sendable {
    public var vector: UInt8
    public var deliveryMode: DeliveryMode
    /// APIC id or logical destination: 8 bits, or 32 in extended interrupt mode.
    public var destination: UInt32
    /// The destination is a logical one.
    public var isLogical: Bool
    /// To one processor among those that the destination names.
    public var redirectionHint: Bool
    public var isLevelTriggered: Bool

    /// - Parameters:
    ///   - entry: a present one without reserved bits.
    ///   - extended: whether IRTA.EIME is set.
    init(_ entry: InterruptRemappingEntry, extended: Bool) {
        vector = entry[.v]
        deliveryMode = entry[.dlm]
        destination = entry.destination(extended: extended)
        isLogical = entry[.dm]
        redirectionHint = entry[.rh]
        isLevelTriggered = entry[.tm]
    }
}
