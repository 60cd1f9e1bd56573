import Foundation

extension HostImage {
    /// An image without QEMU and guest, for tests that use /dev/kvm themselves and compare kvm
    /// modules: it has Debian's own and ours, and `kvm-modules` to change between them.
    ///
    /// - Parameter selftests: added if they are to run.
    init(
        forKVMTests lab: Workshop, kernel: KernelPackage, kvm: KVMModules, selftests: KVMSelftests?
    ) async throws {
        let log = lab.paths.log("image")
        let root = lab.paths.root
        let busybox = try await lab.busybox()
        let sources = try await Cache.contents(of: ["Tests/Lab/host", "Include"], relativeTo: root)
        let inputs = [
            "3", busybox, kernel.packageVersion, kvm.folder, selftests?.folder ?? "no selftests", sources,
        ]
        let folder = try await lab.cache.artifact("kvm-image", inputs: inputs) { folder in
            let host = try Initramfs(folder: folder + "/host", log: log)
            try Self.addBase(to: host, root: root, busybox: busybox)
            try await Self.addModules(
                ["irqbypass", "ccp"], extra: KVMModules.names.map { "\(kvm.folder)/\($0).ko" },
                kernel: kernel, to: host, staging: folder + "/host", log: log)
            try KVMModules.addStock(to: host, root: root, kernel: kernel)
            try await Self.addPrograms(["exit-cost", "kvm-query"], to: host, root: root, log: log)
            if let selftests {
                try host.add("\(root)/Tests/Lab/host/selftest", as: "bin/selftest")
                // ldd doesn't know: pthread_cancel() loads it.
                let unwinder = try await Command("gcc", ["-print-file-name=libgcc_s.so.1"]).output()
                try host.add(
                    unwinder.trimmingCharacters(in: .whitespacesAndNewlines),
                    as: "lib/libgcc_s.so.1")
                for test in try FileManager.default.contentsOfDirectory(atPath: selftests.folder) {
                    try await host.addWithLibraries(
                        "\(selftests.folder)/\(test)", as: "selftests/\(test)")
                }
            }
            try await host.pack(to: folder + "/host.cpio")
            try FileManager.default.removeItem(atPath: folder + "/host")
        }
        self.kernel = kernel.unpackedImage
        initramfs = folder + "/host.cpio"
        bootSector = root + Self.bootSector
        self.log = log
    }
}
