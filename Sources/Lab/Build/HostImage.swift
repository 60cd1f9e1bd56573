import Foundation

/// What an emulated host boots: the stock kernel and one RAM disk with everything that it and its
/// guest need.
struct HostImage: Sendable {
    /// As `UnpackedKernel` has it.
    let kernel: String
    var initramfs: String
    /// Source of the boot sector for an emulator that can't start a kernel itself.
    let bootSector: String
    let log: String

    /// Modules of the stock kernel that a host or guest may load.
    private static let hostModules = [
        "irqbypass", "ccp", "vfio-pci", "vfio_iommu_type1", "nvme", "igb", "e1000e", "bridge", "tun",
        "vhost_net", "null_blk", "virtio_blk", "virtio_net",
    ]
    private static let guestModules = [
        "nvme", "igb", "e1000e", "virtio_blk", "virtio_net", "virtio_iommu", "null_blk",
        "vfio-pci", "vfio_iommu_type1",
    ]
    /// QEMU's firmware for guests that have no display and boot a kernel directly.
    private static let firmware = [
        "/usr/share/seabios/bios-256k.bin", "/usr/share/qemu/linuxboot_dma.bin",
        "/usr/share/qemu/kvmvapic.bin", "/usr/share/qemu/pvh.bin",
    ]
    static let bootSector = "/Tests/Lab/boot/pvh.S"
    /// Programs of this machine's.
    private static let hostTools = ["/usr/sbin/nvme"]
    private static let hostPrograms = [
        "labctl", "pulse", "gdbstops", "kvm-query", "kvm-configure", "kvm-fuzz", "memlock",
    ]

    /// - Parameters:
    ///   - programs: further programs of this machine, for the host and the guest.
    ///   - tools: what people run on the host, if a test needs it.
    init(
        _ lab: Workshop, kernel: KernelPackage, kvm: KVMModules, own: LabModules, qemu: QEMU,
        library: String, programs: [String] = [], tools: UserTools? = nil
    ) async throws {
        let log = lab.paths.log("image")
        let root = lab.paths.root
        let busybox = try await lab.busybox()
        let sources = try await Cache.contents(
            of: ["host", "guest", "hostile", "modules"].map { "Tests/Lab/\($0)" } + ["Include"],
            relativeTo: root)
        let plugin = try await Command("sha256sum", [library]).output()
        let inputs = [
            "10", busybox, kernel.packageVersion, kvm.folder, own.folder, qemu.folder, sources, plugin,
        ] + programs + (tools?.inputs ?? [])
        let folder = try await lab.cache.artifact("image", inputs: inputs) { folder in
            let guest = try Initramfs(folder: folder + "/guest", log: log)
            try Self.addBase(to: guest, root: root, busybox: busybox)
            try await Self.addModules(
                Self.guestModules,
                extra: ["eli_pulse_guest", "eli_probe", "eli_idt", "eli_dma"].map { "\(own.folder)/\($0).ko" },
                kernel: kernel, to: guest, staging: folder + "/guest", log: log)
            try await Self.addPrograms(["int80", "kexec", "vfio-nvme"], from: "guest", to: guest, root: root, log: log)
            for program in programs {
                try await guest.addWithLibraries(program, as: "bin/\(program.lastPathComponent)")
            }
            let guestImage = folder + "/guest.cpio"
            try await guest.pack(to: guestImage)

            let host = try Initramfs(folder: folder + "/host", log: log)
            try Self.addBase(to: host, root: root, busybox: busybox)
            try await Self.addModules(
                Self.hostModules + (tools == nil ? [] : UserTools.modules),
                extra: KVMModules.names.map { "\(kvm.folder)/\($0).ko" }
                    + ["eli_pulse", "eli_watch"].map { "\(own.folder)/\($0).ko" },
                kernel: kernel, to: host, staging: folder + "/host", log: log)
            try await Self.addPrograms(Self.hostPrograms, to: host, root: root, log: log)
            try await HostileGuests.add(to: host, root: root, staging: folder, log: log)
            try await host.addWithLibraries(qemu.program, as: "bin/qemu-system-x86_64")
            try await host.addWithLibraries(library, as: "lib/libELI.so.1")
            for program in Self.hostTools + programs {
                try await host.addWithLibraries(program, as: "bin/\(program.lastPathComponent)")
            }
            try await tools?.add(to: host, root: root, kernel: kernel)
            for file in Self.firmware {
                try host.add(file, as: "share/\(file.lastPathComponent)")
            }
            try host.add(kernel.unpackedImage, as: "guest/vmlinux")
            try host.add(kernel.image, as: "guest/vmlinuz")
            try host.add(guestImage, as: "guest/initramfs")
            try await Command("strip", ["-s", folder + "/host/lib/libELI.so.1"])
                .run("image: stripping libELI.so.1", log: log)
            try await host.pack(to: folder + "/host.cpio")
            for leftover in ["guest", "host", "guest.cpio", "hostile.elf", "hostile.bin"] {
                try FileManager.default.removeItem(atPath: "\(folder)/\(leftover)")
            }
        }
        self.kernel = kernel.unpackedImage
        initramfs = folder + "/host.cpio"
        bootSector = root + Self.bootSector
        self.log = log
    }

    /// The host kernel's command line: console on the first serial line, control on the second.
    func kernelArguments(_ extra: String) -> String {
        "console=ttyS0,115200 lab.shell=ttyS1 quiet panic=-1 audit=0 mitigations=off nokaslr "
            + extra
    }

    static func addBase(to image: Initramfs, root: String, busybox: String) throws {
        try image.add(busybox, as: "bin/busybox")
        try image.add(root + "/Tests/Lab/host/init", as: "init")
        for script in ["serialsh", "counters"] {
            try image.add("\(root)/Tests/Lab/host/\(script)", as: "bin/\(script)")
        }
    }

    /// Compiles the lab's own programs, `Tests/Lab/FOLDER/NAME.c`, into an image.
    static func addPrograms(
        _ names: [String], from folder: String = "host", to image: Initramfs, root: String, log: String
    ) async throws {
        for name in names {
            try await compile(
                "\(folder)/\(name)", to: image.path("bin/\(name)"), root: root, log: log)
        }
    }

    /// Compiles a program of the lab's own.
    ///
    /// - Parameter source: in `Tests/Lab`, without ".c". Those whose names go on with "-" belong to
    ///   it.
    static func compile(
        _ source: String, to program: String, root: String, log: String
    ) async throws {
        let folder = "\(root)/Tests/Lab/\(source)".deletingLastPathComponent
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
            $0.hasSuffix(".c") && ($0.dropLast(2) == source.lastPathComponent
                || $0.hasPrefix(source.lastPathComponent + "-"))
        }.sorted()
        try await Command(
            "gcc",
            ["-std=gnu17", "-Wall", "-Wextra", "-Werror", "-O2", "-static",
             "-I\(root)/Tests/Lab/modules/pulse", "-I\(root)/Include",
             "-o", program] + files.map { "\(folder)/\($0)" }
        ).run("compiling \(source.lastPathComponent)", log: log)
    }

    /// Adds modules with their dependencies, and an index for modprobe.
    static func addModules(
        _ stock: [String], extra: [String], kernel: KernelPackage, to image: Initramfs, staging: String, log: String
    ) async throws {
        let tree = "lib/modules/\(kernel.release)"
        for path in Set(try stock.flatMap { try kernel.closure(of: $0) }) {
            try image.add("\(kernel.modules)/\(path)", as: "\(tree)/\(path)")
        }
        for path in extra {
            try image.add(path, as: "\(tree)/extra/\(path.lastPathComponent)")
        }
        for name in ["modules.builtin", "modules.builtin.modinfo", "modules.order"] {
            try image.add("\(kernel.modules)/\(name)", as: "\(tree)/\(name)")
        }
        try await Command("depmod", ["-b", staging, kernel.release])
            .run("image: module dependencies", log: log)
    }
}
