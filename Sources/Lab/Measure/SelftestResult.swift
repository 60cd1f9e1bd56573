import Foundation

/// How one of Linux's tests of KVM ended in a host.
struct SelftestResult: Equatable {
    let test: String
    /// "pass", "skip", "timeout", or "fail" with the place of the assertion: two failures at
    /// different places are different results.
    let outcome: String
    /// What it printed last.
    let output: String

    /// - Parameter text: what Tests/Lab/host/selftest prints: the end of the test's output, then
    ///   "NAME STATUS MILLISECONDS WARNINGS".
    init(_ text: String) throws {
        var lines = text.split(whereSeparator: \.isNewline)
        let words = lines.popLast()?.split(separator: " ") ?? []
        guard words.count == 4, let status = Int(words[1]), let warnings = Int(words[3]) else {
            throw LabError("selftest printed: \(text)")
        }
        test = String(words[0])
        output = lines.joined(separator: "\n")
        var outcome = switch status {
        case 0: "pass"
        case Self.skipped: "skip"
        case Self.killed: "timeout"
        default: Self.failure(lines, status: status)
        }
        if warnings > 0 { outcome += ", \(warnings) kernel warnings" }
        self.outcome = outcome
    }

    /// kselftest's exit status of a test that doesn't apply.
    private static let skipped = 4
    /// The status of a program that SIGKILL ended.
    private static let killed = 128 + 9

    /// - Returns: "fail" and the line that says where: "  x86_64/state_test.c:123: a == b".
    private static func failure(_ lines: [Substring], status: Int) -> String {
        let place = lines.lazy.compactMap { $0.firstMatch(of: /(\S+\.c:\d+):/)?.1 }.first
        return "fail " + (place.map { "at \($0)" } ?? "with \(status)")
    }
}
