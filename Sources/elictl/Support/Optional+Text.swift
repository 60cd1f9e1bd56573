extension Optional where Wrapped: CustomStringConvertible {
    /// A cell of a table.
    var text: String { self?.description ?? "-" }
}
