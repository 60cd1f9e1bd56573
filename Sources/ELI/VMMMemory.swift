import CELI
import VIOMMU

/// The guest's memory, by the VMM's callbacks.
struct VMMMemory: GuestMemory {
    let opaque: UnsafeMutableRawPointer?
    let read64: @convention(c) (
        UnsafeMutableRawPointer?, UInt64, UnsafeMutablePointer<UInt64>?
    ) -> Int32
    let read128: @convention(c) (
        UnsafeMutableRawPointer?, UInt64, UnsafeMutablePointer<UInt64>?
    ) -> Int32
    let write32: @convention(c) (UnsafeMutableRawPointer?, UInt64, UInt32) -> Int32

    /// - Returns: nil if a callback is missing.
    init?(_ request: eli_viommu_request) {
        guard let read64 = request.read64, let read128 = request.read128,
            let write32 = request.write32
        else { return nil }
        (opaque, self.read64, self.read128, self.write32)
            = (request.opaque, read64, read128, write32)
    }

    func read64(at address: UInt64) -> UInt64? {
        var value: UInt64 = 0
        return read64(opaque, address, &value) == 0 ? value : nil
    }

    func read128(at address: UInt64) -> UInt128? {
        var words: (UInt64, UInt64) = (0, 0)
        let result = withUnsafeMutablePointer(to: &words) { pointer in
            pointer.withMemoryRebound(to: UInt64.self, capacity: 2) {
                read128(opaque, address, $0)
            }
        }
        return result == 0 ? UInt128(words.1) &<< 64 | UInt128(words.0) : nil
    }

    func write32(_ value: UInt32, at address: UInt64) -> Bool {
        write32(opaque, address, value) == 0
    }
}
