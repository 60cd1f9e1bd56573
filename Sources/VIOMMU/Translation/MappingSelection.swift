/// Mappings that an IOTLB invalidation is about.
public enum MappingSelection: Equatable, Sendable {
    case all
    /// Those of a domain.
    case domain(UInt16)
    /// Those of a domain that overlap with a range of addresses.
    case range(domain: UInt16, addresses: ClosedRange<UInt64>)

    /// - Returns: nil if the granularity is none of a request, or the address mask is beyond
    ///   CAP.MAMV.
    init?(_ granularity: Granularity, domain: UInt16, page: UInt64, addressMask: UInt8) {
        switch granularity {
        case .global: self = .all
        case .domain: self = .domain(domain)
        case .page where addressMask <= IOMMUConfiguration.highestAddressMask:
            self.init(domain: domain, page: page, addressMask: addressMask)
        default: return nil
        }
    }

    /// 2^AM pages from `page` on, or those that they are part of if `page` is not aligned to it.
    ///
    /// - Parameters:
    ///   - page: number of the first page.
    ///   - addressMask: AM, at most CAP.MAMV.
    private init(domain: UInt16, page: UInt64, addressMask: UInt8) {
        let low: UInt64 = 1 &<< UInt64(addressMask) &- 1
        let first = (page & ~low) &<< 12
        let last = (page | low) &<< 12 | 0xfff
        self = .range(domain: domain, addresses: first...last)
    }
}
