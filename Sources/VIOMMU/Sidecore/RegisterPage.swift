import Synchronization

/// Memory laid out as the register page, which others read and write at any time: the guest's CPUs
/// without an exit, and the thread that polls. The only place of the sidecore with raw pointers.
///
/// Access is by naturally aligned words of 4 or 8 bytes, each in one piece (SDM vol. 3, 8.1.1), and
/// words of both sizes may overlap: a guest writes a register of 8 bytes in one piece or in halves.
///
/// `@unchecked`: access is atomic, and who may call when is the owner's business.
struct RegisterPage: @unchecked Sendable {
    private let halves: UnsafeMutablePointer<Atomic<UInt32>>
    private let words: UnsafeMutablePointer<Atomic<UInt64>>

    static let size = 4096

    /// - Parameter address: of 4096 bytes that stay readable and writable as long as the value is
    ///   used, aligned to 8.
    /// - Returns: nil if there is no address, or it is not aligned.
    init?(_ address: UnsafeMutableRawPointer?) {
        guard let address, UInt(bitPattern: address) % 8 == 0 else { return nil }
        self.init(unchecked: address)
    }

    private init(unchecked address: UnsafeMutableRawPointer) {
        halves = address.assumingMemoryBound(to: Atomic<UInt32>.self)
        words = address.assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// A page of zeros, to be given back by `deallocate`.
    static func allocate() -> RegisterPage {
        // Lines of its own, which nothing but its accesses moves between CPUs.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        return RegisterPage(unchecked: memory)
    }

    /// Gives back a page that `allocate` made.
    func deallocate() { UnsafeMutableRawPointer(words).deallocate() }

    /// Reads 4 bytes; what is read later is not older.
    ///
    /// - Parameter offset: is brought into the page, and to a multiple of 4.
    func load32(_ offset: UInt64) -> UInt32 {
        halves[Self.half(offset)].load(ordering: .acquiring)
    }

    /// Reads 8 bytes; what is read later is not older.
    ///
    /// - Parameter offset: is brought into the page, and to a multiple of 8.
    func load64(_ offset: UInt64) -> UInt64 {
        words[Self.word(offset)].load(ordering: .acquiring)
    }

    /// Writes 4 bytes, to be seen after all that was written before.
    func store32(_ value: UInt32, _ offset: UInt64) {
        halves[Self.half(offset)].store(value, ordering: .releasing)
    }

    /// Writes 8 bytes, to be seen after all that was written before.
    func store64(_ value: UInt64, _ offset: UInt64) {
        words[Self.word(offset)].store(value, ordering: .releasing)
    }

    /// Writes 4 bytes unless others did.
    ///
    /// - Returns: whether they held `expected`, and `value` was written.
    func replace32(_ expected: UInt32, by value: UInt32, _ offset: UInt64) -> Bool {
        halves[Self.half(offset)].compareExchange(
            expected: expected, desired: value, ordering: .acquiringAndReleasing
        ).exchanged
    }

    /// Writes 8 bytes unless others did.
    ///
    /// - Returns: whether they held `expected`, and `value` was written.
    func replace64(_ expected: UInt64, by value: UInt64, _ offset: UInt64) -> Bool {
        words[Self.word(offset)].compareExchange(
            expected: expected, desired: value, ordering: .acquiringAndReleasing
        ).exchanged
    }

    /// Writes 4 bytes.
    ///
    /// - Returns: what they held. Nothing that another writes meanwhile is lost.
    func exchange32(_ value: UInt32, _ offset: UInt64) -> UInt32 {
        halves[Self.half(offset)].exchange(value, ordering: .acquiringAndReleasing)
    }

    private static func half(_ offset: UInt64) -> Int {
        Int(truncatingIfNeeded: (offset & 0xfff) &>> 2)
    }

    private static func word(_ offset: UInt64) -> Int {
        Int(truncatingIfNeeded: (offset & 0xfff) &>> 3)
    }
}
