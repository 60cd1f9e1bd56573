import Foundation

extension Bench {
    /// Boots the AMD host, fills its disk, and has `body` drive it while a server has a file ready.
    ///
    /// - Parameters:
    ///   - purpose, limit: as of `LabHost.boot`.
    ///   - port: of the server; no two at the same time have the same.
    ///   - change: makes the host another than usual.
    func bootForContent<Result: Sendable>(
        purpose: String, port: Int, on change: (inout AMDHost) -> Void = { _ in },
        limit: Duration = .seconds(1800),
        _ body: @escaping @Sendable (HostSession, SoakContent) async throws -> Result
    ) async throws -> Result {
        var host = try amdHost()
        change(&host)
        return try await host.boot(image: image, lab: lab, limit: limit, purpose: purpose) { session in
            try await session.loadKVM(parameters: session.host.kvmParameters)
            return try await serving(
                purpose, disk: "\(session.folder)/\(AMDHost.disk)", port: port
            ) { content in
                try await GuestSession.withPostMortem(on: session) {
                    try await body(session, content)
                }
            }
        }
    }

    /// Fills a disk, and has a server with a file ready while `body` runs.
    ///
    /// - Parameters:
    ///   - name: tells apart the folders of servers at the same time.
    ///   - disk, port: as of `SoakContent`.
    private func serving<Result: Sendable>(
        _ name: String, disk: String, port: Int, _ body: (SoakContent) async throws -> Result
    ) async throws -> Result {
        let folder = "\(lab.paths.lab)/content-\(name)"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let content = try await SoakContent(folder: folder, disk: disk, port: port)
        return try await content.server.running(output: lab.paths.log("http-server-\(name)")) {
            try await body(content)
        }
    }

    /// Boots a machine behind an IOMMU for checks of its devices.
    ///
    /// - Parameter port: of the server; no two at the same time have the same.
    /// - Returns: what its kernel said about the IOMMU, and how many checks passed.
    func checkDevices(
        behind model: IOMMUHost.Model, _ variant: IOMMUHost.Variant = .usual, port: Int
    ) async throws -> (messages: [String], passed: Int) {
        let host = IOMMUHost(
            qemu: qemu.program, model: model, library: library, variant: variant)
        return try await host.boot(
            image: image, lab: lab, limit: .seconds(1800), purpose: variant.rawValue
        ) { session in
            let disks = IOMMUHost.disks.map { "\(session.folder)/\($0).img" }
            return try await serving(
                "\(model.rawValue)-\(variant.rawValue)", disk: disks[0], port: port
            ) { content in
                _ = try await Command("cp", disks).output()
                var checks = IOMMUChecks(host: session, content: content)
                if variant == .sidecore {
                    checks.sidecore = try await EmulatorMonitor(folder: session.folder, lab: lab)
                }
                let messages = try await checks.run()
                return (messages, checks.passed)
            }
        }
    }
}
