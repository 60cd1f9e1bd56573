/// Checks one after the other, the first that fails ends them.
protocol CheckSuite {
    /// What is checked, for messages.
    var title: String { get }
    /// How many have passed.
    var passed: Int { get set }
}

extension CheckSuite {
    /// - Throws: `LabError` if the condition doesn't hold.
    mutating func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws {
        guard condition else { throw LabError("\(title): check failed: \(what())") }
        passed += 1
    }
}
