import Synchronization

/// A page of memory that others read and write at any time: the guest, a CPU that delivers an
/// interrupt, another thread. The only place with raw pointers to one.
///
/// All access is by whole words of 8 bytes that are naturally aligned, which x86 reads and writes
/// in one piece (SDM vol. 3, 8.1.1).
///
/// `@unchecked`: access is atomic, and who may call when is the owner's business.
struct SharedPage: @unchecked Sendable {
    private let words: UnsafeMutablePointer<Atomic<UInt64>>

    static let size = 4096
    static let wordCount = 512

    /// - Parameter address: of 4096 bytes that stay readable and writable as long as the value is
    ///   used, aligned to 8.
    /// - Returns: nil if there is no address, or it is not aligned.
    init?(_ address: UnsafeMutableRawPointer?) {
        guard let address, UInt(bitPattern: address) % 8 == 0 else { return nil }
        words = address.assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// The word at `index`, or 0 beyond the page.
    func load(_ index: Int) -> UInt64 {
        guard index >= 0, index < Self.wordCount else { return 0 }
        return words[index].load(ordering: .acquiring)
    }

    /// Writes a word behind all that was written before. Does nothing beyond the page.
    func store(_ index: Int, _ value: UInt64) {
        guard index >= 0, index < Self.wordCount else { return }
        words[index].store(value, ordering: .releasing)
    }
}
