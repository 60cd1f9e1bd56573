import Foundation

/// The Intel host: Bochs with VMX, x2APIC; no IOMMU and no MSI devices.
struct IntelHost: LabHost {
    let name = "intel-bochs"
    let startsQEMUFast = false
    let isSingleThreaded = true
    let vendorModule = "kvm-intel"
    /// Nothing remaps interrupts there, and no device could misuse that.
    let kvmParameters = "eli_allow_unsafe_interrupts=1"
    var kernelArguments = "no_timer_check irqaffinity=0"
    let bootLimit = Duration.seconds(400)

    /// The bochs program.
    let bochs: String
    /// With a single CPU the TSC counts its instructions. With more it counts turns that the CPUs
    /// take, and a turn ends with a branch: then it tells nothing about instructions.
    var cpus = 2

    func emulator(
        image: HostImage, folder: String, port: UInt16, console: String
    ) async throws -> Command {
        let boot = try await BootFloppy(image: image, arguments: kernelArguments, in: folder)
        let configuration = folder + "/bochsrc"
        // sync=none and a fixed start time: runs repeat as far as an emulated SMP can.
        try """
            config_interface: textconfig
            display_library: nogui
            megs: 1536
            romimage: file=/usr/share/bochs/BIOS-bochs-latest
            vgaromimage: file=/usr/share/vgabios/vgabios.bin
            \(boot.configuration)
            cpu: model=corei7_haswell_4770, count=\(cpus), ips=200000000, quantum=16, \
            reset_on_triple_fault=0, ignore_bad_msrs=1
            clock: sync=none, time0=1700000000
            pci: enabled=1, chipset=i440fx
            vga: extension=none, update_freq=1
            com1: enabled=1, mode=file, dev=\(console)
            com2: enabled=1, mode=socket-client, dev=127.0.0.1:\(port)
            log: \(folder)/bochs.log
            panic: action=fatal
            error: action=ignore
            info: action=ignore
            debug: action=ignore
            mouse: enabled=0

            """.write(toFile: configuration, atomically: true, encoding: .utf8)
        // BX_HV_KVM: a hypervisor signature without features, so that Linux uses x2APIC although
        // there is no interrupt remapping (qemu-patches/lab).
        return Command(
            bochs, ["-q", "-f", configuration], in: folder, environment: ["BX_HV_KVM": "1"])
    }
}
