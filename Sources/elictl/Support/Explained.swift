/// A failure that says what is wrong and what to do about it.
protocol Explained: Error, CustomStringConvertible {
    var message: String { get }
    /// nil if `message` says it, or if there is nothing to be done.
    var remedy: String? { get }
}

extension Explained {
    var description: String {
        // Much of it may come from a VM.
        (message + (remedy.map { "\n  \($0)" } ?? "")).printable
    }
}
