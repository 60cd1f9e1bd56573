import Foundation

/// A machine of QEMU's TCG with devices of all kinds behind an IOMMU, and an unmodified kernel that
/// translates each of their addresses.
struct IOMMUHost: LabHost {
    /// Which IOMMU it has, as QEMU names it.
    enum Model: String, Sendable {
        case eli = "eli-iommu"
        case intel = "intel-iommu"
    }

    var name: String { model.rawValue }
    let vendorModule = "kvm-amd"
    var kernelArguments = "no_timer_check \(GuestIOMMU.intel.kernelArguments)"
    let bootLimit = Duration.seconds(240)

    static let disks = ["nvme", "virtio"]

    /// The qemu-system-x86_64 program.
    let qemu: String
    let model: Model
    /// The library of the eli-iommu.
    let library: String
    var variant = Variant.usual

    /// What is special about it; the raw value is for the names of folders.
    enum Variant: String, Sendable {
        case usual = "devices"
        /// The second CPU has APIC id 256, which only extended interrupt mode can name.
        case highAPICID = "high-apic-id"
        /// The eli-iommu has a sidecore, so that its driver causes no exits.
        case sidecore
    }

    private var iommu: String {
        switch model {
        case .eli:
            GuestIOMMU.eli(
                ["eli-lib=\(library)", "sidecore=\(variant == .sidecore ? "on" : "off")"]).device
        case .intel: GuestIOMMU.intel.device
        }
    }

    private var processors: [String] {
        variant == .highAPICID
            ? ["-smp", "1,sockets=3,cores=128,maxcpus=384",
               "-device", "max-x86_64-cpu,socket-id=2,core-id=0,thread-id=0"]
            : ["-smp", "2"]
    }

    func emulator(
        image: HostImage, folder: String, port: UInt16, console: String
    ) async throws -> Command {
        for disk in Self.disks {
            try Data(count: AMDHost.diskMegabytes << 20).write(
                to: URL(fileURLWithPath: "\(folder)/\(disk).img"))
        }
        let drives = Self.disks.flatMap {
            ["-drive", "file=\(folder)/\($0).img,if=none,id=\($0),format=raw,cache=unsafe"]
        }
        return Command(
            qemu,
            [
                "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "1024", "-machine", "q35",
                "-nodefaults", "-no-reboot", "-display", "none", "-device", iommu,
            ] + processors + drives + [
                "-device", "nvme,serial=eli,drive=nvme",
                "-device", "virtio-blk-pci,drive=virtio,iommu_platform=on,disable-legacy=on",
                "-netdev", "user,id=net0", "-device", "igb,netdev=net0,romfile=",
                "-netdev", "user,id=net1", "-device", "e1000e,netdev=net1,romfile=",
                "-netdev", "user,id=net2", "-device",
                "virtio-net-pci,netdev=net2,iommu_platform=on,disable-legacy=on,romfile=",
            ] + bootOptions(image: image, port: port, console: console), in: folder)
    }
}
