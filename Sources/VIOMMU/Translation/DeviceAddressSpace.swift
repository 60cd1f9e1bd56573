/// What a device's addresses mean as a whole, for those that mirror it.
public enum DeviceAddressSpace: Equatable, Sendable {
    /// They are used as they are.
    case identity
    /// They are translated by the tables of a domain.
    case domain(id: UInt16)
    /// None is translated: the device's entry is not present or malformed.
    case blocked(FaultReason)
}
