/// What the VMM has to do on behalf of the IOMMU. Until it asks for the next effect, the guest is
/// not told that what caused this one has been done.
public enum Effect: Equatable, Sendable {
    /// Send an interrupt of the IOMMU's own.
    case interrupt(InterruptMessage)
    /// Ask for the address spaces of devices anew, and forget translations that were handed out to
    /// them. If it is all devices, translation may have been switched on or off.
    case devicesChanged(DeviceSelection)
    /// Forget translations that were handed out for these mappings, and bring what mirrors them up
    /// to date by a walk. Which devices are in a domain the VMM knows from `addressSpace(of:)`.
    case mappingsChanged(MappingSelection)
    /// Have a device forget what it has in its TLB.
    case deviceTLBInvalidated(sourceID: UInt16, addresses: ClosedRange<UInt64>)
    /// Remap interrupts anew that have been set up in advance and use one of these entries of the
    /// interrupt remapping table. If it is all entries, remapping may have been switched on or off.
    case interruptEntriesChanged(ClosedRange<UInt16>)
    /// The budget is used up: ask again soon.
    case paused
    /// Have the guest's accesses to the register page trap, then `IOMMU.close` its view, and ask
    /// again. Only with a view that is open.
    case registersTrap
}
