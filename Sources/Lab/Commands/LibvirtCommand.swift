import ArgumentParser

/// Builds the patched libvirt, and checks what it makes of the patched QEMU.
struct LibvirtCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "libvirt",
        abstract: "Build libvirt with its patches, and test it with the patched QEMU.")

    func run() async throws {
        let lab = try Workshop()
        try await lab.archive.installBuildPackages()
        let libvirt = try await Libvirt(lab)
        let qemu = try await QEMU(lab)
        try await LibvirtTests(lab: lab, libvirt: libvirt, qemu: qemu).run()
    }
}
