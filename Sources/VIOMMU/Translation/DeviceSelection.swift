/// Devices that a context cache invalidation is about.
public enum DeviceSelection: Equatable, Sendable {
    case all
    /// Those that were or are in a domain.
    case domain(UInt16)
    /// Those whose source-id equals `sourceID` but for the bits that `mask` takes out.
    case functions(sourceID: UInt16, mask: FunctionMask)
}
