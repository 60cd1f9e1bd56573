/// The IOMMU that translates the addresses of a guest's devices.
enum GuestIOMMU: Sendable {
    /// ELI's, with more of its properties, each as in "teardown=deferred".
    case eli([String] = [])
    /// QEMU's intel-iommu, as VFIO needs it.
    case intel
    /// virtio-iommu.
    case virtio

    /// The eli-iommu's ID in QEMU.
    static let id = "iommu"
    /// The host's CPU for its sidecore: no vCPU of a guest with one runs there.
    static let sidecoreCPU = GuestSession.firstVCPUHostCPU + 1
    /// Properties of an eli-iommu with a sidecore. An emulated guest takes a hundred times as long from one
    /// operation to the next as a real one.
    static let sidecore = ["sidecore=on", "sidecore-cpu=\(sidecoreCPU)", "x-sidecore-spin-us=10000"]
    /// The first of its registers, in the eli-iommu and in the intel-iommu.
    static let registers = 0xfed9_0000

    /// What QEMU's -device is given for it; it has to come before the devices behind it.
    var device: String {
        switch self {
        case .eli(let properties):
            (["eli-iommu,id=\(Self.id),intremap=on,eim=on"] + properties).joined(separator: ",")
        case .intel: "intel-iommu,intremap=on,eim=on,caching-mode=on,aw-bits=48"
        case .virtio: "virtio-iommu-pci"
        }
    }

    /// What the guest's kernel needs so that it maps each buffer anew.
    var kernelArguments: String {
        switch self {
        case .eli, .intel: "intel_iommu=on,sm_off iommu.strict=1"
        case .virtio: "iommu.strict=1"
        }
    }

    /// The guest's modules without which its devices have no driver.
    var modules: [String] {
        switch self {
        case .eli, .intel: []
        case .virtio: ["virtio_iommu"]
        }
    }
}
