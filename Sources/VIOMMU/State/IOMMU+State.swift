import Interrupts

/// Saving and restoring, for snapshots and migration. A state is a row of 64-bit numbers: registers
/// and what they have in effect, not caches, statistics or configuration.
extension IOMMU {
    /// First word of a state. Changes when its layout does.
    private static var stateVersion: UInt64 { 1 }

    /// How many words a state has. Depends on the number of fault recording registers only.
    public var stateSize: Int {
        save(into: UnsafeMutableBufferPointer(start: nil, count: 0))
    }

    /// Writes the state. The caller has carried out all effects; if not, those of the operation
    /// that is in progress are given out anew after `restore`.
    ///
    /// - Parameter words: `stateSize` of them.
    /// - Returns: the number of words that a state has.
    @discardableResult
    public func save(into words: UnsafeMutableBufferPointer<UInt64>) -> Int {
        var writer = StateWriter(words)
        writer.put(Self.stateVersion)
        writer.put(UInt64(faults.count))
        writer.put(status.rawValue, reportedStatus.rawValue)
        writer.put(rootTableAddress.rawValue)
        writer.put(rootTable.rawValue)
        writer.put(interruptTableAddress.rawValue)
        writer.put(interruptTable.rawValue)
        writer.put(contextCommand.rawValue)
        writer.put(iotlbInvalidate.rawValue)
        writer.put(invalidateAddress.rawValue)
        writer.put(UInt64(completionStatus.rawValue))
        queue.save(to: &writer)
        completionEvent.save(to: &writer)
        faultEvent.save(to: &writer)
        faults.save(to: &writer)
        return writer.count
    }

    /// Replaces the state. Effects then say that everything has changed. A state from elsewhere is
    /// not trusted: bits that can't be set are dropped.
    ///
    /// - Returns: false if it is not a state of an IOMMU with as many fault recording registers,
    ///   or of another version; nothing has changed then.
    public mutating func restore(from words: UnsafeBufferPointer<UInt64>) -> Bool {
        var reader = StateReader(words)
        guard words.count == stateSize, reader.take() == Self.stateVersion,
            reader.take() == UInt64(faults.count)
        else { return false }
        reset()
        let (inEffect, reported) = reader.takeHalves()
        status = GlobalStatusRegister(rawValue: inEffect & possibleStatus)
        reportedStatus = GlobalStatusRegister(rawValue: reported & possibleStatus)
        rootTableAddress.rawValue = reader.take() & RootTableAddressRegister.writable
        rootTable.rawValue = reader.take() & RootTableAddressRegister.writable
        interruptTableAddress.rawValue = reader.take() & writableInterruptTableAddress
        interruptTable.rawValue = reader.take() & writableInterruptTableAddress
        contextCommand.rawValue = reader.take() & ContextCommandRegister.defined
        iotlbInvalidate.rawValue = reader.take() & IOTLBInvalidateRegister.defined
        invalidateAddress.rawValue = reader.take() & InvalidateAddressRegister.writable
        completionStatus[.iwc] = reader.take() & 1 != 0
        queue.restore(from: &reader)
        completionEvent.restore(from: &reader)
        // Whether it does is not saved: it does if it has set up the interrupt.
        usesCompletionStatus = completionEvent.isSetUp
        faultEvent.restore(from: &reader)
        faults.restore(from: &reader)
        if status[.qies] { queue.enable() } else { queue.disable() }
        allDevicesChanged = true
        allInterruptEntriesChanged = true
        return true
    }

    /// Bits of GSTS_REG that can be set.
    private var possibleStatus: UInt32 {
        configuration.interruptRemapping ? 0xc780_0000 : 0xc400_0000
    }
}
