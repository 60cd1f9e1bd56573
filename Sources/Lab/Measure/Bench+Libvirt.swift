import Foundation

extension Bench {
    /// Has the patched libvirt run a guest in the AMD host.
    ///
    /// - Parameter count: as of `LibvirtChecks`.
    /// - Returns: how many checks passed, and what was measured.
    func checkLibvirt(count: Int) async throws -> (passed: Int, runs: [Report.Run]) {
        let root = lab.paths.root
        let image = try await image.adding(
            Libvirt(lab), lab, at: lab.paths.lab + "/libvirt-host.cpio")
        defer { try? FileManager.default.removeItem(atPath: image.initramfs) }
        guard let page = try DocPage.all(in: root).first(where: { $0.path == "docs/libvirt.md" })
        else { throw LabError("there is no page about libvirt") }
        let iommuDomain = try String(
            contentsOfFile: "\(root)/\(LibvirtTests.domain)", encoding: .utf8)
        let path = lab.paths.lab + "/libvirt.txt"
        try? FileManager.default.removeItem(atPath: path)
        let transcript = try LogFile(path)
        let scenario = InterruptScenario(
            lab: lab, kernel: kernel, qemuVersion: try await qemu.version())
        return try await amdHost().boot(
            image: image, lab: lab, limit: .seconds(1800), purpose: "libvirt"
        ) { session in
            try await session.loadKVM(parameters: session.host.kvmParameters)
            return try await GuestSession.withPostMortem(on: session, domain: LibvirtChecks.domain) {
                var checks = LibvirtChecks(
                    session, page: page, scenario: scenario, count: count,
                    iommuDomain: iommuDomain, transcript: transcript)
                try await checks.run()
                return (checks.passed, checks.runs)
            }
        }
    }
}
