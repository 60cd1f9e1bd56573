/// An invariant that does not hold, and how.
struct Violation: Error {
    let invariant: Invariant
    let what: String
}
