import Interrupts
import SplitMix64
import VIOMMU

/// One step of a driver: it writes a register or memory, a device accesses, or it looks whether it
/// may go on.
enum DriverStep {
    case write32(UInt32, UInt64)
    case write64(UInt64, UInt64)
    case memory(UInt128, UInt64)
    case device(UInt16)
    /// Until a register, masked, has a value.
    case wait(offset: UInt64, mask: UInt64, value: UInt64)
    /// Until memory has a value.
    case waitForStatus(UInt32)

    /// - Returns: whether the driver goes on with its next step.
    func take(on iommu: some DrivenIOMMU) -> Bool {
        switch self {
        case .write32(let value, let offset): iommu.write32(value, offset)
        case .write64(let value, let offset): iommu.write64(value, offset)
        case .memory(let value, let address): iommu.memory.write128(value, at: address)
        case .device(let source): iommu.translate(0x5000, sourceID: source)
        case .wait(let offset, let mask, let value):
            return iommu.read64(offset & ~7) >> (offset & 7 * 8) & mask == value
        case .waitForStatus(let value): return iommu.memory.read32(at: Machine.status) == value
        }
        return true
    }
}
