import VIOMMU

/// An IOMMU as a guest's driver and a device see it.
protocol DrivenIOMMU: AnyObject {
    var memory: TestMemory { get }

    func write(_ value: UInt64, _ offset: UInt64, size: Int)
    func read(_ offset: UInt64, size: Int) -> UInt64
    /// A device's write, and what becomes of it in the registers.
    func translate(_ address: UInt64, sourceID: UInt16)
}

extension DrivenIOMMU {
    func write32(_ value: UInt32, _ offset: UInt64) { write(UInt64(value), offset, size: 4) }

    func write64(_ value: UInt64, _ offset: UInt64) { write(value, offset, size: 8) }

    func read32(_ offset: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: read(offset, size: 4)) }

    func read64(_ offset: UInt64) -> UInt64 { read(offset, size: 8) }

    /// What a driver does at its start, in the order in which Linux's does.
    func start() {
        write64(0, RegisterOffset.invalidationQueueTail)
        write64(Machine.queue, RegisterOffset.invalidationQueueAddress)
        write32(1 << 26, RegisterOffset.globalCommand)
        write64(Machine.interruptTable | 7, RegisterOffset.interruptRemappingTableAddress)
        write32(1 << 26 | 1 << 24, RegisterOffset.globalCommand)
        write32(1 << 26 | 1 << 25, RegisterOffset.globalCommand)
        write64(Machine.rootTable, RegisterOffset.rootTableAddress)
        write32(1 << 26 | 1 << 25 | 1 << 30, RegisterOffset.globalCommand)
        write32(1 << 26 | 1 << 25 | 1 << 31, RegisterOffset.globalCommand)
        write32(0xfee0_0000, RegisterOffset.faultEventAddress)
        write32(0x31, RegisterOffset.faultEventData)
        write32(0, RegisterOffset.faultEventControl)
    }
}
