/// Writes a state word by word. What doesn't fit is counted only.
struct StateWriter {
    private let words: UnsafeMutableBufferPointer<UInt64>
    private(set) var count = 0

    init(_ words: UnsafeMutableBufferPointer<UInt64>) { self.words = words }

    mutating func put(_ word: UInt64) {
        if count < words.count { words[count] = word }
        count += 1
    }

    mutating func put(_ low: UInt32, _ high: UInt32) {
        put(UInt64(low) | UInt64(high) &<< 32)
    }
}
