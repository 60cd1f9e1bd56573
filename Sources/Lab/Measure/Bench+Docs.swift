import Foundation

extension Bench {
    /// Runs what the pages have people run, on the AMD host.
    func runDocs() async throws {
        let host = try amdHost()
        let root = lab.paths.root
        let pages = try DocPage.all(in: root)
        let manual = try ManualPage(path: ManualPage.options, in: root)
        let path = lab.paths.lab + "/docs.txt"
        try? FileManager.default.removeItem(atPath: path)
        let transcript = try LogFile(path)
        let passed = try await host.boot(
            image: image, lab: lab, limit: .seconds(1800), purpose: "docs"
        ) { session in
            try await GuestSession.withPostMortem(on: session) {
                var checks = DocsChecks(
                    session, pages: pages, manual: manual, transcript: transcript)
                return try await checks.run()
            }
        }
        Console.shared.say("\(passed) checks of the documentation passed")
    }
}
