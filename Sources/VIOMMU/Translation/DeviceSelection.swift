/// Devices that a context cache invalidation is about.
public enum DeviceSelection: Equatable, Sendable {
    case all
    /// Those that were or are in a domain.
    case domain(UInt16)
    /// Those whose source-id equals `sourceID` but for the bits that `mask` takes out.
    case functions(sourceID: UInt16, mask: FunctionMask)

    /// - Returns: nil if the granularity is none of a request.
    init?(_ granularity: Granularity, domain: UInt16, sourceID: UInt16, mask: FunctionMask) {
        switch granularity {
        case .global: self = .all
        case .domain: self = .domain(domain)
        case .device: self = .functions(sourceID: sourceID, mask: mask)
        default: return nil
        }
    }
}
