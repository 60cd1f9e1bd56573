import Foundation

/// The patched QEMU: with KVM for the hosts' guests, with TCG to emulate the AMD host itself.
struct QEMU: Sendable {
    /// Folder with qemu-system-x86_64, and with qtest/ if it was asked for.
    let folder: String

    var program: String { folder + "/qemu-system-x86_64" }

    private static let flags = [
        "--target-list=x86_64-softmmu", "--without-default-features",
        "--without-default-devices", "--with-devices-x86_64=eli", "--enable-kvm", "--enable-tcg",
        "--enable-slirp", "--enable-vhost-kernel", "--enable-vhost-net", "--disable-docs",
        "--disable-download", "--disable-install-blobs",
        "--disable-debug-info", "--enable-eli", firmware,
    ]
    /// Where Debian's packages have the firmware.
    static let firmware = "--firmwarepath=/usr/share/qemu:/usr/share/seabios:/usr/lib/ipxe/qemu"
    /// QEMU's own tests that cover what the series touches.
    static let qtests = [
        "eli-test", "eli-direct-test", "eli-shadow-test", "eli-iommu-test", "eli-iommu-maps-test",
        "eli-sidecore-test",
        "qmp-cmd-test", "test-hmp", "machine-none-test",
    ]
    /// What ninja builds: the program, those tests, and what they need beside them: a misbehaving
    /// library, and something that plays KVM.
    private static let products = [
        "qemu-system-x86_64", "tests/qtest/eli-test-plugin.so", "tests/qtest/eli-test-kvm.so",
    ] + qtests.map { "tests/qtest/\($0)" }

    init(_ lab: Workshop) async throws {
        let root = lab.paths.root
        let source = try await QEMUSource(lab, series: [
            PatchSeries(folder: "qemu-patches/qemu", root: root),
            PatchSeries(folder: "qemu-patches/lab", list: "series.qemu", root: root),
        ])
        folder = try await lab.cache.artifact(
            "qemu", inputs: ["3"] + source.inputs + Self.flags + Self.products
        ) { folder in
            try await source.build(
                lab, in: folder, flags: Self.flags, products: Self.products, title: "qemu")
        }
    }
}

extension QEMU {
    /// As `--version` prints it: "10.0.13".
    func version() async throws -> String {
        let text = try await Command(program, ["--version"]).output()
        guard let range = text.range(of: "version "),
            let end = text[range.upperBound...].firstIndex(where: { !"0123456789.".contains($0) })
        else { throw LabError("QEMU has no version: \(text)") }
        return String(text[range.upperBound..<end])
    }
}
