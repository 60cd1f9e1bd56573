/// Whether what a guest maps where a stale mapping is will be the same again, by what the last ones
/// were. Guests that use each buffer at its own address over and over are of one kind; those that hand
/// out addresses as a ring does, to whatever comes, are of the other.
struct ReuseGuess {
    /// How much speaks for it, 0 to `most`.
    private var score = most
    private static let most: UInt8 = 3

    var isLikely: Bool { score > 0 }

    mutating func noteSame() {
        score = min(score + 1, Self.most)
    }

    mutating func noteOther() {
        score = score > 0 ? score - 1 : 0
    }
}
