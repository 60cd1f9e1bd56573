import Synchronization
import VIOMMU

/// The guest's memory, with CPUs that write at any time.
final class SharedMemory: GuestMemory, @unchecked Sendable {
    private let words: UnsafeMutablePointer<Atomic<UInt64>>
    private let halves: UnsafeMutablePointer<Atomic<UInt32>>
    private let size: UInt64

    /// - Parameter pages: of 4 KiB.
    init(pages: Int) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: pages * 4096, alignment: 4096)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: pages * 4096)
        words = memory.assumingMemoryBound(to: Atomic<UInt64>.self)
        halves = memory.assumingMemoryBound(to: Atomic<UInt32>.self)
        size = UInt64(pages) * 4096
    }

    deinit { UnsafeMutableRawPointer(words).deallocate() }

    func read64(at address: UInt64) -> UInt64? {
        guard address % 8 == 0, address < size else { return nil }
        return words[Int(address / 8)].load(ordering: .acquiring)
    }

    func read128(at address: UInt64) -> UInt128? {
        guard address % 16 == 0, let low = read64(at: address), let high = read64(at: address + 8)
        else { return nil }
        return UInt128(high) << 64 | UInt128(low)
    }

    func write32(_ value: UInt32, at address: UInt64) -> Bool {
        guard address % 4 == 0, address < size else { return false }
        halves[Int(address / 4)].store(value, ordering: .sequentiallyConsistent)
        return true
    }

    func write64(_ value: UInt64, at address: UInt64) {
        words[Int(address / 8)].store(value, ordering: .releasing)
    }

    func read32(at address: UInt64) -> UInt32 {
        halves[Int(address / 4)].load(ordering: .acquiring)
    }
}
