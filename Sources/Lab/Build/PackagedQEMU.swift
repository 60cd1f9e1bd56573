import Foundation

/// The QEMU that users install: all of upstream's devices for a PC, what a server's VM uses, and
/// none of the lab's fixes to its emulation.
struct PackagedQEMU: Sendable {
    /// Folder with qemu-system-x86_64.
    let folder: String
    /// As Debian has it: "10.0.13".
    let version: String

    /// Features are named one by one, lest a build depends on what else this machine has installed.
    /// All libraries are ones that Debian 12 and 13 have under the same name.
    private static let flags = [
        "--target-list=x86_64-softmmu", "--prefix=/usr", "--sysconfdir=/etc",
        "--localstatedir=/var", "--libexecdir=/usr/lib/qemu", QEMU.firmware,
        "--without-default-features", "--disable-docs", "--disable-download",
        "--disable-install-blobs", "--disable-debug-info", "--enable-stack-protector",
        "--enable-kvm", "--enable-tcg", "--enable-eli", "--enable-attr", "--enable-cap-ng",
        "--enable-gnutls", "--enable-libusb", "--enable-linux-io-uring", "--enable-numa",
        "--enable-pixman", "--enable-seccomp", "--enable-slirp", "--enable-tpm",
        "--enable-vhost-kernel", "--enable-vhost-net", "--enable-vhost-user", "--enable-vhost-vdpa",
        "--enable-virtfs", "--enable-vnc", "--enable-zstd",
    ]
    /// The libraries of those features.
    static let buildPackages = [
        "libattr1-dev", "libcap-ng-dev", "libgnutls28-dev", "libnuma-dev", "libpixman-1-dev",
        "libseccomp-dev", "liburing-dev", "libusb-1.0-0-dev", "libzstd-dev",
    ]
    private static let products = ["qemu-system-x86_64"]

    init(_ lab: Workshop) async throws {
        let source = try await QEMUSource(
            lab, series: [PatchSeries(folder: "qemu-patches/qemu", root: lab.paths.root)])
        version = source.version
        folder = try await lab.cache.artifact(
            "qemu-packaged", inputs: ["1"] + source.inputs + Self.flags
        ) { folder in
            try await source.build(
                lab, in: folder, flags: Self.flags, products: Self.products,
                title: "qemu-packaged")
        }
    }
}
