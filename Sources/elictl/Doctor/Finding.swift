/// What the doctor says about one thing.
struct Finding: Encodable, Equatable, Sendable {
    enum Verdict: String, Encodable, Sendable {
        case ok
        /// ELI runs, but worse than it could; or it could not be told.
        case warning
        /// ELI doesn't run.
        case problem
    }

    /// A stable name of what was looked at.
    let check: String
    let verdict: Verdict
    /// KVM's reason, as query-eli calls it; nil if this is no reason of KVM's.
    var code: String?
    var seen: String
    /// What to do about it; nil if there is nothing to be done.
    var remedy: String?

    static func ok(_ check: String, _ seen: String, hint: String? = nil) -> Finding {
        Finding(check: check, verdict: .ok, seen: seen, remedy: hint)
    }

    static func warning(_ check: String, _ seen: String, _ remedy: String) -> Finding {
        Finding(check: check, verdict: .warning, seen: seen, remedy: remedy)
    }

    static func problem(_ check: String, _ seen: String, _ remedy: String) -> Finding {
        Finding(check: check, verdict: .problem, seen: seen, remedy: remedy)
    }
}
