import Interrupts

extension IOMMU {
    /// Executes what was written to GCMD_REG. Software is to change one thing at a time; if it
    /// changes several, pointers are set before what uses them is switched on.
    mutating func execute(_ command: GlobalCommandRegister) {
        if command[.srtp] { setRootTable() }
        if command[.te] != status[.tes] {
            status[.tes] = command[.te]
            invalidateTranslations()
        }
        if command[.qie] != status[.qies] {
            status[.qies] = command[.qie]
            if command[.qie] { queue.enable() } else { disableQueue() }
        }
        if configuration.interruptRemapping {
            if command[.sirtp] { setInterruptTable() }
            switchInterrupts(enabled: command[.ire], compatibility: command[.cfi])
        }
        if !allDevicesChanged && !allInterruptEntriesChanged { reportedStatus = status }
    }

    private mutating func setRootTable() {
        rootTable = rootTableAddress
        status[.rtps] = true
        // Clear while the command is carried out.
        reportedStatus[.rtps] = false
        invalidateTranslations()
    }

    private mutating func setInterruptTable() {
        interruptTable = interruptTableAddress
        status[.irtps] = true
        reportedStatus[.irtps] = false
        invalidateInterruptEntries()
    }

    /// - Parameters:
    ///   - enabled: IRE.
    ///   - compatibility: CFI.
    private mutating func switchInterrupts(enabled: Bool, compatibility: Bool) {
        guard enabled != status[.ires] || compatibility != status[.cfis] else { return }
        status[.ires] = enabled
        status[.cfis] = compatibility
        invalidateInterruptEntries()
    }

    private mutating func invalidateTranslations() {
        contexts.invalidateAll()
        iotlb.invalidateAll()
        allDevicesChanged = true
    }

    private mutating func invalidateInterruptEntries() {
        interruptEntries.invalidateAll()
        allInterruptEntriesChanged = true
    }

    private mutating func disableQueue() {
        queue.disable()
        usesCompletionStatus = false
        if case .descriptor = inProgress { inProgress = .none }
    }

    /// Begins what CCMD_REG asks for.
    ///
    /// - Returns: nil if the request is wrong: nothing is done, and it is complete.
    mutating func beginContextCommand() -> Effect? {
        guard
            let devices = DeviceSelection(
                contextCommand[.cirg], domain: contextCommand[.did],
                sourceID: contextCommand[.sid], mask: contextCommand[.fm])
        else {
            completeContextCommand(.reserved)
            return nil
        }
        contexts.invalidate(devices)
        inProgress = .contextCommand
        return .devicesChanged(devices)
    }

    mutating func completeContextCommand(_ granularity: Granularity) {
        contextCommand[.caig] = granularity
        contextCommand[.icc] = false
    }

    /// Begins what IOTLB_REG asks for.
    ///
    /// - Returns: nil if the request is wrong: nothing is done, and it is complete.
    mutating func beginIOTLBInvalidate() -> Effect? {
        guard
            let mappings = MappingSelection(
                iotlbInvalidate[.iirg], domain: iotlbInvalidate[.did],
                page: invalidateAddress[.addr], addressMask: invalidateAddress[.am])
        else {
            completeIOTLBInvalidate(.reserved)
            return nil
        }
        _ = iotlb.invalidate(mappings)
        inProgress = .iotlbInvalidate
        return .mappingsChanged(mappings)
    }

    mutating func completeIOTLBInvalidate(_ granularity: Granularity) {
        iotlbInvalidate[.iaig] = granularity
        iotlbInvalidate[.ivt] = false
    }
}
