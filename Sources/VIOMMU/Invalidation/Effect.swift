/// What the VMM has to do on behalf of the IOMMU. Until it asks for the next effect, the guest is
/// not told that what caused this one has been done.
public enum Effect: Equatable, Sendable {
    /// Send an interrupt of the IOMMU's own.
    case interrupt(InterruptMessage)
    /// Look anew at the address spaces of devices. Translation may have been switched as well, and
    /// the root table exchanged, if it is all devices.
    case devicesChanged(DeviceSelection)
    /// Forget translations that were handed out, and look anew at the mappings. Those of a domain
    /// are what counts; which devices belong to it the VMM has seen from `addressSpace(of:)`.
    case mappingsChanged(MappingSelection)
    /// Have a device forget what it has in its TLB.
    case deviceTLBInvalidated(sourceID: UInt16, addresses: ClosedRange<UInt64>)
    /// Remap interrupts anew that use one of these entries, if they have been set up in advance.
    /// All of them if interrupt remapping has been switched, too.
    case interruptEntriesChanged(ClosedRange<UInt16>)
    /// The budget is used up: ask again soon.
    case paused
}
