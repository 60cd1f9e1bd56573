import Foundation
import Subprocess
import SystemPackage
import Testing

@testable import elictl

/// The program itself, on the machine that runs the tests.
struct DoctorOfThisMachineTests {
    private struct Report: Decodable {
        struct Finding: Decodable {
            let check: String
            let verdict: String
            let remedy: String?
        }
        let ready: Bool
        let findings: [Finding]
    }

    /// Beside the tests.
    private static let program = URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("elictl").path

    @Test func withoutVirtualizationItIsNotReadyAndEachProblemHasARemedy() async throws {
        let result = try await Subprocess.run(
            .path(FilePath(Self.program)), arguments: ["doctor", "--json", "--eli-lib", "/nonexistent"],
            output: .string(limit: 1 << 20), error: .discarded)
        let report = try JSONDecoder().decode(Report.self, from: Data(result.standardOutput.utf8))
        // Without the library it is ready nowhere.
        #expect(!report.ready)
        #expect(result.terminationStatus == .exited(1))
        let problems = report.findings.filter { $0.verdict == "problem" }
        #expect(problems.contains { $0.check == "library" })
        #expect(problems.allSatisfy { $0.remedy != nil })
        let flags = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
            .split(separator: "\n").first { $0.hasPrefix("flags") }?.split(separator: " ") ?? []
        #expect(
            problems.contains { $0.check == "cpu" } == !(flags.contains("vmx") || flags.contains("svm")))
    }
}
