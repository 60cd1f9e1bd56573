import Foundation

extension HostImage {
    private static let programs = ["usr/sbin/libvirtd", "usr/bin/virsh"]
    /// What libvirtd loads and reads, in libvirt's tree.
    private static let driver = "\(Libvirt.libraries.dropFirst())/libvirt/connection-driver/libvirt_driver_qemu.so"
    private static let data = ["usr/share/libvirt/cpu_map", "usr/share/libvirt/schemas"]
    /// What the lab's host has for it: configuration, users.
    private static let files = "Tests/Lab/libvirt/host"

    /// The same image with libvirt beside all else. It is an archive of its own behind the first, so
    /// that hosts without it need no memory for it.
    ///
    /// - Parameter path: gets the RAM disk.
    func adding(_ libvirt: Libvirt, _ lab: Workshop, at path: String) async throws -> HostImage {
        let log = log, root = lab.paths.root
        let files = try await Cache.contents(of: [Self.files], relativeTo: root)
        let folder = try await lab.cache.artifact(
            "libvirt-image", inputs: ["1", libvirt.tree, files]
        ) { folder in
            let host = try Initramfs(folder: folder + "/host", log: log)
            for name in Self.programs + [Self.driver] {
                try await host.addWithLibraries(
                    "\(libvirt.tree)/\(name)", as: name, tree: libvirt.tree,
                    libraries: Libvirt.libraries)
            }
            for name in Self.data { try host.add("\(libvirt.tree)/\(name)", as: name) }
            try host.add("\(root)/\(Self.files)/etc", as: "etc")
            try await host.pack(to: folder + "/host.cpio")
            try FileManager.default.removeItem(atPath: folder + "/host")
        }
        try await Command(
            "sh", ["-ec", #"cat "$0" "$1" > "$2""#, initramfs, folder + "/host.cpio", path]
        ).output()
        var image = self
        image.initramfs = path
        return image
    }
}
