import Synchronization

/// The page that a guest sees in place of the registers, as its CPUs access it.
final class GuestPage: @unchecked Sendable {
    let address: UnsafeMutableRawPointer
    private let halves: UnsafeMutablePointer<Atomic<UInt32>>
    private let words: UnsafeMutablePointer<Atomic<UInt64>>

    init() {
        address = .allocate(byteCount: 4096, alignment: 4096)
        address.initializeMemory(as: UInt8.self, repeating: 0, count: 4096)
        halves = address.assumingMemoryBound(to: Atomic<UInt32>.self)
        words = address.assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    deinit { address.deallocate() }

    /// x86 loads are in order, and so are its stores.
    func read32(_ offset: UInt64) -> UInt32 { halves[Int(offset / 4)].load(ordering: .acquiring) }

    func read64(_ offset: UInt64) -> UInt64 { words[Int(offset / 8)].load(ordering: .acquiring) }

    func write32(_ value: UInt32, _ offset: UInt64) {
        halves[Int(offset / 4)].store(value, ordering: .releasing)
    }

    func write64(_ value: UInt64, _ offset: UInt64) {
        words[Int(offset / 8)].store(value, ordering: .releasing)
    }
}
