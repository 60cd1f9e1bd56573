/// How the requests of a device are translated: its context entry, checked.
struct DeviceContext: Equatable, Sendable {
    /// Tags what is cached for it.
    var domain: UInt16
    /// A supported one.
    var type: TranslationType
    var table: SecondLevelTable
    /// Faults are not recorded.
    var faultProcessingDisabled: Bool
}
