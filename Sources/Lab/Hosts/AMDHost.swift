import Foundation

/// The AMD host: QEMU's TCG with SVM, three CPUs, VT-d with interrupt remapping, an nvme and a NIC.
struct AMDHost: LabHost {
    let name = "amd-tcg"
    let canTakeCPUsOffline = true
    let vendorModule = "kvm-amd"
    let maxLatency = 10_000
    /// iommu=pt: the host's own drivers don't map each buffer, as a guest's don't.
    var kernelArguments =
        "no_timer_check intel_iommu=on iommu=pt irqaffinity=0 isolcpus=domain,managed_irq,1,2 "
        + "nohz_full=1,2"
    let bootLimit = Duration.seconds(120)

    /// What the emulated devices say that they do.
    static let deviceLog = "devices.log"
    /// Interrupts and queues of the nvme's virtual function: for administration and two vCPUs.
    static let virtualFunctionResources = 3
    /// The nvme's content, in the run's folder.
    static let disk = "nvme.img"
    static let diskMegabytes = 64
    private static let cpus = 3

    /// The qemu-system-x86_64 program.
    let qemu: String
    /// Whether the nvme has a virtual function. It has but one interrupt of its own then: those that
    /// a host's driver has for its queues can't be moved, and would be in a guest's way.
    var hasVirtualFunction = false
    /// Bits of a device's addresses that its IOMMU translates.
    var addressBits = 48

    private var nvme: [String] {
        let flexible = Self.virtualFunctionResources
        return hasVirtualFunction
            ? [
                "-device", "nvme-subsys,id=subsystem",
                "-device",
                "nvme,id=nvme,serial=eli,subsys=subsystem,sriov_max_vfs=1,"
                    + "max_ioqpairs=\(flexible + 2),sriov_vq_flexible=\(flexible),"
                    + "msix_qsize=\(flexible + 1),sriov_vi_flexible=\(flexible)",
                "-device", "nvme-ns,drive=disk,bus=nvme",
            ] : ["-device", "nvme,serial=eli,drive=disk"]
    }

    func emulator(
        image: HostImage, folder: String, port: UInt16, console: String
    ) async throws -> Command {
        let disk = folder + "/" + Self.disk
        try Data(count: Self.diskMegabytes << 20).write(to: URL(fileURLWithPath: disk))
        return Command(
            qemu,
            [
                "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "\(Self.cpus)", "-m", "3072",
                "-machine", "q35,kernel-irqchip=split", "-nodefaults", "-no-reboot",
                "-display", "none",
                "-device", "intel-iommu,intremap=on,eim=on,aw-bits=\(addressBits)",
                "-drive", "file=\(disk),if=none,id=disk,format=raw,cache=unsafe",
            ] + nvme + [
                "-trace", "enable=pci_nvme_irq_msix", "-D", "\(folder)/\(Self.deviceLog)",
                "-netdev", "user,id=net", "-device", "igb,netdev=net,romfile=",
            ] + bootOptions(image: image, port: port, console: console), in: folder)
    }

    func stateOfCPUs(in folder: String, lab: Workshop) async -> String {
        var text = ""
        do {
            let monitor = try await EmulatorMonitor(folder: folder, lab: lab)
            for cpu in 0..<Self.cpus {
                for line in GuestSession.linesAboutCPU {
                    text += "# CPU \(cpu): \(line)\n"
                        + (try await monitor.answer(toHuman: line, cpu: cpu)) + "\n"
                }
            }
        } catch {
            text += "\(error)"
        }
        return text
    }
}
