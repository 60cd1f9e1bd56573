import Foundation
import Testing

@testable import elictl

/// What a library may do to the process that loads it.
struct LibraryProbeTests {
    /// - Parameter script: of sh, in place of the process that loads the library.
    private func facts(_ script: String) async throws -> LibraryFacts {
        let path = NSTemporaryDirectory() + "elictl-\(UUID().uuidString)"
        try "#!/bin/sh\n\(script)\n".write(toFile: path, atomically: true, encoding: .utf8)
        defer { unlink(path) }
        chmod(path, 0o700)
        return await LibraryProbe.read("libX.so", program: path)
    }

    @Test func whatTheProcessFoundIsPassedOn() async throws {
        let found = LibraryFacts.loaded(path: "/l", version: "1.0", major: 1, minor: 1)
        let json = String(decoding: try JSONEncoder().encode(found), as: UTF8.self)
        #expect(try await facts("[ \"$*\" = 'probe-library -- libX.so' ] && echo '\(json)'") == found)
    }

    @Test(arguments: ["kill -SEGV $$", "exit 1", "echo hello"])
    func itsEndIsNotOurs(script: String) async throws {
        guard case .missing(let message) = try await facts(script) else {
            Issue.record("it is there")
            return
        }
        #expect(message.hasPrefix("libX.so: "))
    }

    @Test func whatIsNotTheLibraryIsToldApart() {
        guard case .missing = LibraryFacts.read("/nonexistent/libELI.so.1") else {
            Issue.record("it is there")
            return
        }
        #expect(LibraryFacts.read("libm.so.6") == .foreign(path: "libm.so.6"))
    }
}
