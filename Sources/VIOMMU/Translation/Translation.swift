/// What becomes of a DMA request.
public enum Translation: Equatable, Sendable {
    /// The address is used as it is: translation is off, or the device is in pass-through. Holds
    /// for all its addresses but the interrupt address range, until an effect says that devices
    /// have changed.
    case identity
    /// The request goes on. Holds for the whole page, for the kinds of access that it allows, until
    /// an effect says that mappings or devices have changed.
    case page(MappedPage)
    /// A write to the interrupt address range: to be given to `remap`.
    case interruptRequest
    /// The request is blocked. The fault has been recorded, unless that is disabled.
    case blocked(FaultReason)
}
