import Foundation

extension Bench {
    /// Boots the AMD host, fills its disk, and has `body` drive it while a server has a file ready.
    ///
    /// - Parameters:
    ///   - purpose, limit: as of `LabHost.boot`.
    ///   - port: of the server; no two at the same time have the same.
    ///   - hasVirtualFunction: as of `AMDHost`.
    func bootForContent<Result: Sendable>(
        purpose: String, port: Int, hasVirtualFunction: Bool = false,
        limit: Duration = .seconds(1800),
        _ body: @escaping @Sendable (HostSession, SoakContent) async throws -> Result
    ) async throws -> Result {
        guard var host = stands.compactMap({ $0.host as? AMDHost }).first else {
            throw LabError("this needs the AMD host")
        }
        host.hasVirtualFunction = hasVirtualFunction
        let folder = "\(lab.paths.lab)/content-\(purpose)"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await host.boot(image: image, lab: lab, limit: limit, purpose: purpose) { session in
            try await session.loadKVM(parameters: session.host.kvmParameters)
            let content = try await SoakContent(
                folder: folder, disk: "\(session.folder)/\(AMDHost.disk)", port: port)
            let log = lab.paths.log("http-server-\(purpose)")
            return try await content.server.running(output: log) {
                try await GuestSession.withPostMortem(on: session) {
                    try await body(session, content)
                }
            }
        }
    }

    /// Boots a machine behind an IOMMU for checks of its devices.
    ///
    /// - Parameter port: of the server; no two at the same time have the same.
    /// - Returns: what its kernel said about the IOMMU, and how many checks passed.
    func checkDevices(
        behind model: IOMMUHost.Model, hasHighAPICID: Bool = false, port: Int
    ) async throws -> (messages: [String], passed: Int) {
        let host = IOMMUHost(
            qemu: qemu.program, model: model, library: library, hasHighAPICID: hasHighAPICID)
        let purpose = hasHighAPICID ? "high-apic-id" : "devices"
        let folder = "\(lab.paths.lab)/content-\(model.rawValue)-\(purpose)"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await host.boot(
            image: image, lab: lab, limit: .seconds(1800), purpose: purpose
        ) { session in
            let disks = IOMMUHost.disks.map { "\(session.folder)/\($0).img" }
            let content = try await SoakContent(folder: folder, disk: disks[0], port: port)
            try await Command("cp", disks).output()
            let log = lab.paths.log("http-server-\(model.rawValue)-\(purpose)")
            return try await content.server.running(output: log) {
                var checks = IOMMUChecks(host: session, content: content)
                let messages = try await checks.run()
                return (messages, checks.passed)
            }
        }
    }
}
