/// How a machine comes by a device: the rows of the comparison.
enum ComparisonMethod: String, Sendable, CaseIterable {
    /// QEMU emulates e1000e or nvme.
    case emulation
    /// virtio, with vhost for the network.
    case paravirtual
    /// The device itself, by VFIO.
    case assignment
    case assignmentELI = "assignment+eli"
    /// No guest: the emulated host itself.
    case bareMetal = "bare-metal"

    /// QEMU's options, and the guest's module.
    func options(for device: AssignedDevice) -> (options: [String], modules: [String]) {
        let disk = "-drive file=/dev/nvme0n1,if=none,id=disk,format=raw,cache=none"
        // Not QEMU's own choice, which is that of the host's NIC.
        let address = "mac=52:54:00:12:34:57"
        let network = "-netdev tap,id=net,ifname=tap0,script=no,downscript=no"
        return switch (self, device) {
        case (.emulation, .nvme): ([disk, "-device nvme,serial=eli,drive=disk"], ["nvme"])
        case (.paravirtual, .nvme): ([disk, "-device virtio-blk-pci,drive=disk"], ["virtio_blk"])
        case (.emulation, _):
            ([network, "-device e1000e,netdev=net,romfile=,\(address)"], ["e1000e"])
        case (.paravirtual, _):
            (
                [network + ",vhost=on", "-device virtio-net-pci,netdev=net,romfile=,\(address)"],
                ["virtio_net"]
            )
        default: ([], [])
        }
    }
}
