/// The guest's memory, as the IOMMU reads its tables and queue there.
///
/// Values are little-endian, as they are in memory. An access is naturally aligned and is to be
/// done in one piece, as a CPU of the guest may be writing meanwhile; where 16 bytes can't be read
/// in one piece, the lower 8 are to be read first, which is where entries have their present bit.
/// Addresses are guest-physical ones that the guest chose, so they may lie anywhere.
public protocol GuestMemory {
    /// - Returns: nil if the address is not one of RAM.
    func read64(at address: UInt64) -> UInt64?

    /// - Returns: nil if the address is not one of RAM.
    func read128(at address: UInt64) -> UInt128?

    /// The guest sees it after all that was done before, by the IOMMU and by its caller.
    ///
    /// - Returns: false if the address is not one of RAM that the guest can write.
    func write32(_ value: UInt32, at address: UInt64) -> Bool
}
