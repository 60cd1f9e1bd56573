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
}
