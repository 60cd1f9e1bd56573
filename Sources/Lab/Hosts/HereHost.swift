import Foundation

/// This machine itself, where its CPU has VMX or SVM and its kernel is the one that the patched
/// modules were built for. What an emulated host would boot, it runs from a folder (chroot).
struct HereHost: LabHost {
    let name = "hardware"
    let isEmulated = false
    let vendorModule: String
    var kernelArguments = ""
    let bootLimit = Duration.seconds(20)

    /// - Throws: `LabError` with the reason and what to do if this machine won't do.
    init(kernel: KernelPackage) async throws {
        let remedy = "use HOST=intel or HOST=amd, which emulate a host"
        let flags = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
            .split(separator: "\n").first { $0.hasPrefix("flags") }?.split(separator: " ") ?? []
        guard let vendor = flags.contains("vmx") ? "kvm-intel" : flags.contains("svm") ? "kvm-amd" : nil
        else { throw LabError("this machine's CPU has neither VMX nor SVM: \(remedy)") }
        let release = try await Command("uname", ["-r"]).output()
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard release == kernel.release else {
            throw LabError(
                "this machine runs Linux \(release), the modules are for \(kernel.release): "
                    + "boot that, or \(remedy)")
        }
        vendorModule = vendor
    }

    func emulator(
        image: HostImage, folder: String, port: UInt16, console: String
    ) async throws -> Command {
        let root = folder + "/root"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try await Command("sh", ["-ec", "cpio -idm --quiet <\"$0\"", image.initramfs], in: root)
            .run("unpacking the host's files", log: folder + "/unpack.log")
        // A mount namespace of its own, so that nothing needs to be unmounted.
        return Command(
            "unshare",
            ["--mount", "sh", "-ec",
             """
             for i in dev proc sys; do mount --rbind /$i "$0/$i"; done
             chroot "$0" /bin/busybox --install -s /bin
             exec "$0/bin/busybox" nc 127.0.0.1 \(port) -e /usr/sbin/chroot "$0" \
             /bin/busybox env PATH=/bin LD_LIBRARY_PATH=/lib /bin/serialsh -
             """, root], in: folder)
    }
}
