import Foundation

/// What `elictl doctor --json` says.
struct DoctorAnswer: Decodable {
    struct Finding: Decodable {
        let check: String
        let verdict: String
        let code: String?
        let seen: String
        let remedy: String?
    }

    let ready: Bool
    let findings: [Finding]

    init(_ json: String) throws {
        do {
            self = try JSONDecoder().decode(DoctorAnswer.self, from: Data(json.utf8))
        } catch {
            throw LabError("no answer of elictl doctor's: \(json)\n\(error)")
        }
    }

    /// The checks with a verdict, sorted; each with its code, if it has one.
    func checks(_ verdict: String) -> [String] {
        findings.filter { $0.verdict == verdict }
            .map { $0.check + ($0.code.map { ": \($0)" } ?? "") }.sorted()
    }

    /// All that isn't ok, for people.
    var text: String {
        findings.filter { $0.verdict != "ok" }
            .map { "\($0.verdict) \($0.check): \($0.seen)" }.joined(separator: "\n")
    }
}
