/// What stands between a guest's devices and its memory: the rows of the comparison of vIOMMUs.
enum IOMMUMethod: String, Sendable, CaseIterable {
    /// No IOMMU in the guest: all of its memory is mapped, and stays so.
    case directMap = "no vIOMMU"
    case intel = "intel-iommu"
    case virtio = "virtio-iommu"
    case exits = "eli-iommu, exits, strict"
    case strict = "sidecore, strict"
    case deferred = "sidecore, deferred"
    case optimistic = "sidecore, optimistic"

    /// Name on a command line.
    var name: String {
        switch self {
        case .directMap: "none"
        case .intel: "intel"
        case .virtio: "virtio"
        case .exits: "exits"
        case .strict: "strict"
        case .deferred: "deferred"
        case .optimistic: "optimistic"
        }
    }

    var iommu: GuestIOMMU? {
        switch self {
        case .directMap: nil
        case .intel: .intel
        case .virtio: .virtio
        case .exits: .eli()
        case .strict, .deferred, .optimistic: .eli(["teardown=\(name)"] + GuestIOMMU.sidecore)
        }
    }

    var isELI: Bool { hasSidecore || self == .exits }
    var hasSidecore: Bool { [.strict, .deferred, .optimistic].contains(self) }
}
