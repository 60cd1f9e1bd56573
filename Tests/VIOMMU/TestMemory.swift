import VIOMMU

/// The guest's memory: RAM from address 0 on, nothing behind it.
final class TestMemory: GuestMemory {
    var words: [UInt64]

    /// - Parameter pages: of 4 KiB.
    init(pages: Int) { words = Array(repeating: 0, count: pages * 512) }

    var size: UInt64 { UInt64(words.count) * 8 }

    func read64(at address: UInt64) -> UInt64? {
        guard address % 8 == 0, address < size else { return nil }
        return words[Int(address / 8)]
    }

    func read128(at address: UInt64) -> UInt128? {
        guard address % 16 == 0, address < size else { return nil }
        let index = Int(address / 8)
        return UInt128(words[index + 1]) << 64 | UInt128(words[index])
    }

    func write32(_ value: UInt32, at address: UInt64) -> Bool {
        guard address % 4 == 0, address < size else { return false }
        let shift = address % 8 * 8
        let index = Int(address / 8)
        words[index] = words[index] & ~(0xffff_ffff << shift) | UInt64(value) << shift
        return true
    }

    func write64(_ value: UInt64, at address: UInt64) { words[Int(address / 8)] = value }

    func write128(_ value: UInt128, at address: UInt64) {
        write64(UInt64(truncatingIfNeeded: value), at: address)
        write64(UInt64(truncatingIfNeeded: value >> 64), at: address + 8)
    }

    func read32(at address: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: words[Int(address / 8)] >> (address % 8 * 8))
    }
}
