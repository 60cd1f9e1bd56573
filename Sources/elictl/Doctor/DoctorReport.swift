import Foundation

/// What `doctor` prints.
struct DoctorReport: Encodable {
    /// Whether there is no problem.
    let ready: Bool
    let findings: [Finding]

    init(_ findings: [Finding]) {
        self.findings = findings
        ready = !findings.contains { $0.verdict == .problem }
    }

    /// For people.
    var text: String {
        let width = findings.map(\.check.count).max() ?? 0
        let verdictWidth = Finding.Verdict.warning.rawValue.count
        let margin = String(repeating: " ", count: verdictWidth + width + 4)
        let lines = findings.map { finding in
            let head = Self.pad(finding.verdict.rawValue, verdictWidth) + "  "
                + Self.pad(finding.check, width) + "  "
            let text = finding.seen.replacing("\n", with: " ")
            return head + text + (finding.remedy.map { "\n\(margin)-> \($0)" } ?? "")
        }
        return (lines + ["", summary]).joined(separator: "\n").printable
    }

    private var summary: String {
        let problems = findings.filter { $0.verdict == .problem }.count
        let warnings = findings.filter { $0.verdict == .warning }.count
        let counts = "\(problems) problem\(problems == 1 ? "" : "s"), "
            + "\(warnings) warning\(warnings == 1 ? "" : "s")"
        return (ready ? "ready" : "not ready") + ": \(counts)"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}
