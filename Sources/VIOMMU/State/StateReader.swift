/// Reads a state word by word: zeros beyond its end.
struct StateReader {
    private let words: UnsafeBufferPointer<UInt64>
    private var next = 0

    init(_ words: UnsafeBufferPointer<UInt64>) { self.words = words }

    mutating func take() -> UInt64 {
        guard next < words.count else { return 0 }
        next += 1
        return words[next - 1]
    }

    /// The halves of a word.
    mutating func takeHalves() -> (low: UInt32, high: UInt32) {
        let word = take()
        return (UInt32(truncatingIfNeeded: word), UInt32(truncatingIfNeeded: word &>> 32))
    }
}
