import Foundation

/// What the patched libvirt makes of the patched QEMU on this machine: it finds out by QMP what
/// QEMU can do, and turns a domain into QEMU's options.
struct LibvirtTests: Sendable {
    let lab: Workshop
    let libvirt: Libvirt
    let qemu: QEMU

    /// The domain; `EMULATOR` stands for QEMU.
    static let domain = "Tests/Lab/libvirt/domain.xml"
    /// What libvirt calls what it must find in QEMU.
    private static let capabilities = [
        "kvm.eli", "eli-iommu", "eli-iommu.sidecore", "eli-iommu.teardown",
    ]

    /// - Throws: `LabError` if libvirt doesn't find or say what it should.
    func run() async throws {
        let root = lab.paths.lab + "/libvirt"
        try? FileManager.default.removeItem(atPath: root)
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        // KVM of any kind will do: no guest runs.
        let hasKVM = access("/dev/kvm", R_OK | W_OK) == 0
        _ = try await virsh(
            root, "domcapabilities", "--emulatorbin", qemu.program, "--arch", "x86_64",
            "--machine", "q35", "--virttype", hasKVM ? "kvm" : "qemu")
        try checkCapabilities(of: root)
        guard hasKVM else {
            Console.shared.say("libvirt: no /dev/kvm, no options of a domain of type kvm tried")
            return
        }
        try await checkOptions(root)
        Console.shared.say("libvirt \(libvirt.version): QEMU probed, a domain's options right")
    }

    /// libvirt leaves what it found out in a file.
    private func checkCapabilities(of root: String) throws {
        let folder = root + "/cache/qemu/capabilities"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        guard files.count == 1 else { throw LabError("libvirt probed \(files.count) QEMUs") }
        let found = try String(contentsOfFile: "\(folder)/\(files[0])", encoding: .utf8)
        for name in Self.capabilities where !found.contains("<flag name='\(name)'/>") {
            throw LabError("libvirt doesn't find \(name) in \(qemu.program)")
        }
    }

    private func checkOptions(_ root: String) async throws {
        let xml = try String(contentsOfFile: "\(lab.paths.root)/\(Self.domain)", encoding: .utf8)
            .replacingOccurrences(of: "EMULATOR", with: qemu.program)
        let path = root + "/domain.xml"
        try xml.write(toFile: path, atomically: true, encoding: .utf8)
        let options = try await virsh(root, "domxml-to-native", "qemu-argv", path)
        for option in [
            "-accel kvm,eli=on,eli-max-latency-us=500 ",
            #"-device '{"driver":"eli-iommu","id":"iommu0","intremap":"on","eim":"on","aw-bits":39,"#
                + #""sidecore":true,"teardown":"deferred","stale-ms":5}'"#,
        ] where !options.contains(option) {
            throw LabError("libvirt's options lack \(option):\n\(options)")
        }
    }

    /// Runs virsh with a QEMU driver of its own, as if libvirt were installed.
    ///
    /// - Parameter root: folder with all files of that driver.
    private func virsh(_ root: String, _ arguments: String...) async throws -> String {
        // What libvirt reads itself lies in /usr/share; only this process sees it there.
        try await Command(
            "unshare",
            ["--mount", "sh", "-ec",
             #"mount --bind "$0/usr/share" /usr/share; exec "$@""#, libvirt.tree,
             libvirt.tree + "/usr/bin/virsh", "-c", "qemu:///embed?root=\(root)"] + arguments,
            environment: [
                "LD_LIBRARY_PATH": libvirt.tree + Libvirt.libraries,
                "LIBVIRT_DRIVER_DIR":
                    libvirt.tree + Libvirt.libraries + "/libvirt/connection-driver",
            ]
        ).output()
    }
}
