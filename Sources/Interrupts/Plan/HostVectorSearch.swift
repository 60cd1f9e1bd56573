/// Outcome of the search for a remapped route's host vector.
enum HostVectorSearch {
    case vector(UInt8)
    case none(Refusal)

    /// Why there is none, nil if there is one.
    var refusal: Refusal? {
        if case .none(let refusal) = self { return refusal }
        return nil
    }
}
