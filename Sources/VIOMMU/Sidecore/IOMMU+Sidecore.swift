import Interrupts

/// The register page as memory. See `SidecoreView` for who owns what there.
extension IOMMU {
    /// Whether the register page may be memory: translation and queue are on, as they are from a
    /// driver's start to its end, no status awaits the guest, and all that was commanded is done.
    ///
    /// At boot, drivers check the status of a command at once; with a page that is always memory,
    /// one that isn't carried out by then stops the guest.
    ///
    /// A driver that uses ICS_REG may clear it before it waits for it. In memory it would see what
    /// it wrote, and take that for the completion: its registers always trap. Linux's doesn't.
    var allowsOpenPage: Bool {
        status[.tes] && status[.qies] && reportedStatus == status && !faultStatus.isPending
            && !usesCompletionStatus && !completionStatus[.iwc]
            && !faultEvent.isDue && !completionEvent.isDue
            && !allDevicesChanged && !allInterruptEntriesChanged
    }

    /// Fills the page from the registers and opens it. The caller then has the guest's accesses go
    /// there; until they do, and if one is late, it passes them on to the view.
    ///
    /// - Returns: false if the page has to trap for now, or an effect is being carried out.
    ///   Nothing is done then.
    public mutating func open(_ view: SidecoreView) -> Bool {
        guard !view.isOpen, allowsOpenPage, case .none = inProgress else { return false }
        for offset in stride(from: 0, to: RegisterOffset.pageSize, by: 4) {
            let value = UInt32(truncatingIfNeeded: read(at: offset, size: 4))
            view.page.store32(value, offset)
            view.published.store32(value, offset)
        }
        view.page.store32(SidecoreView.idle, RegisterOffset.globalCommand)
        // A guest may write a part of them now and the rest later, so all of it has to be there,
        // even what can't be read.
        view.page.store64(contextCommand.rawValue, RegisterOffset.contextCommand)
        view.published.store64(contextCommand.rawValue, RegisterOffset.contextCommand)
        view.page.store64(invalidateAddress.rawValue, RegisterOffset.invalidateAddress)
        view.statistics.opened &+= 1
        view.isOpen = true
        return true
    }

    /// Closes the page: takes out of it all that the guest wrote. From now on the registers alone
    /// count. The caller then asks for effects.
    ///
    /// Nothing may reach the page any more: what the guest writes afterwards is lost.
    public mutating func close(_ view: SidecoreView) {
        guard view.isOpen else { return }
        let page = view.page
        // Doorbells before GCMD, so that with a doorbell that was written behind a command, the
        // command is seen as well.
        let tail = page.load64(RegisterOffset.invalidationQueueTail)
        let isContextCommand = view.isAsked(RegisterOffset.contextCommand)
        let isIOTLBInvalidate = view.isAsked(RegisterOffset.iotlbInvalidate)
        let command = page.exchange32(SidecoreView.idle, RegisterOffset.globalCommand)

        consumeControls(view)
        // A mask that was written before the event occurred has been found only now.
        faultEvent.holdIfMasked()
        completionEvent.holdIfMasked()
        pull32(page, RegisterOffset.faultEventData)
        pull32(page, RegisterOffset.faultEventAddress)
        pull32(page, RegisterOffset.faultEventUpperAddress)
        pull32(page, RegisterOffset.invalidationEventData)
        pull32(page, RegisterOffset.invalidationEventAddress)
        pull32(page, RegisterOffset.invalidationEventUpperAddress)
        pull64(page, RegisterOffset.rootTableAddress)
        pull64(page, RegisterOffset.interruptRemappingTableAddress)
        pull64(page, RegisterOffset.invalidateAddress)
        // What a command sets the doorbells may rely on; the reverse a driver has to wait for.
        if command != SidecoreView.idle {
            view.statistics.consumed &+= 1
            write(UInt64(command), at: RegisterOffset.globalCommand, size: 4)
        }
        if isContextCommand { take(view, RegisterOffset.contextCommand) }
        if isIOTLBInvalidate { take(view, RegisterOffset.iotlbInvalidate) }
        write(tail, at: RegisterOffset.invalidationQueueTail, size: 8)
        view.statistics.closed &+= 1
        view.isOpen = false
    }

    /// Takes the guest's writes from the open page.
    ///
    /// - Returns: whether there is a command in GCMD_REG, which is left for `close`; then nothing
    ///   was taken, as doorbells may rely on it.
    mutating func consume(_ view: SidecoreView) -> Bool {
        let page = view.page
        // Each load acquires, so they are in this order, and what the guest wrote before a
        // doorbell is seen by what is loaded after it: GCMD_REG, IVA_REG, and the descriptors in
        // the guest's memory. A guest's stores are seen in their order on x86.
        let tail = page.load64(RegisterOffset.invalidationQueueTail)
        let isContextCommand = view.isAsked(RegisterOffset.contextCommand)
        let isIOTLBInvalidate = view.isAsked(RegisterOffset.iotlbInvalidate)
        // A test rather than an exchange: most of the time there is nothing, and an exchange would
        // take the line away from the guest's CPU.
        if page.load32(RegisterOffset.globalCommand) != SidecoreView.idle { return true }

        consumeControls(view)
        if isContextCommand { take(view, RegisterOffset.contextCommand) }
        if isIOTLBInvalidate {
            pull64(page, RegisterOffset.invalidateAddress)
            take(view, RegisterOffset.iotlbInvalidate)
        }
        if tail & InvalidationQueueOffsetRegister.writable != queue.tail.rawValue {
            view.statistics.consumed &+= 1
            write(tail, at: RegisterOffset.invalidationQueueTail, size: 8)
        }
        return false
    }

    /// Shows the guest, in the open page, what has changed. Nothing here needs an order: each
    /// register tells of itself only, and descriptors tell of their completion in memory.
    mutating func publish(to view: SidecoreView) {
        set(view, RegisterOffset.invalidationQueueHead)
        set(view, RegisterOffset.invalidationQueueHead &+ 4)
        if !contextCommand[.icc] { answer(view, RegisterOffset.contextCommand) }
        if !iotlbInvalidate[.ivt] { answer(view, RegisterOffset.iotlbInvalidate) }
    }

    /// Undoes what the guest wrote to registers that it can't write. They trap and are ignored, if
    /// the page is closed.
    mutating func repair(_ view: SidecoreView) {
        var count: UInt64 = 0
        view.forEachOfOurs { offset in
            guard view.isChanged(offset) else { return }
            count &+= 1
            view.page.store32(view.published.load32(offset), offset)
        }
        view.statistics.repaired &+= count
    }

    /// Takes what the guest wrote to FECTL_REG and IECTL_REG. They have a bit that it can't write,
    /// so it is shown what became of it.
    private mutating func consumeControls(_ view: SidecoreView) {
        consumeControl(view, RegisterOffset.faultEventControl)
        consumeControl(view, RegisterOffset.invalidationEventControl)
    }

    private mutating func consumeControl(_ view: SidecoreView, _ offset: UInt64) {
        let written = view.page.load32(offset)
        guard written != view.published.load32(offset) else { return }
        view.statistics.consumed &+= 1
        write(UInt64(written), at: offset, size: 4)
        let value = UInt32(truncatingIfNeeded: read(at: offset, size: 4))
        // If the guest has written again meanwhile, its value stays, differs from this one, and is
        // taken next time. If it has written this very value, there is nothing to take.
        _ = view.page.replace32(written, by: value, offset)
        view.published.store32(value, offset)
    }

    /// Takes a command with bit 63. Until it is answered, the page keeps showing it.
    private mutating func take(_ view: SidecoreView, _ offset: UInt64) {
        let command = view.page.load64(offset)
        view.statistics.consumed &+= 1
        view.published.store64(command, offset)
        write(command, at: offset, size: 8)
    }

    /// A command with bit 63 that was taken has been carried out. If the guest has written
    /// meanwhile, which it must not, that is the next command.
    private mutating func answer(_ view: SidecoreView, _ offset: UInt64) {
        let command = view.published.load64(offset)
        guard command &>> 63 != 0 else { return }
        let value = read(at: offset, size: 8)
        _ = view.page.replace64(command, by: value, offset)
        view.published.store64(value, offset)
    }

    /// Publishes a register, or half of one, that is the IOMMU's.
    private func set(_ view: SidecoreView, _ offset: UInt64) {
        let value = UInt32(truncatingIfNeeded: read(at: offset, size: 4))
        guard value != view.published.load32(offset) else { return }
        // No compare-exchange: whatever the guest wrote here means nothing.
        view.page.store32(value, offset)
        view.published.store32(value, offset)
    }

    private mutating func pull32(_ page: RegisterPage, _ offset: UInt64) {
        write(UInt64(page.load32(offset)), at: offset, size: 4)
    }

    private mutating func pull64(_ page: RegisterPage, _ offset: UInt64) {
        write(page.load64(offset), at: offset, size: 8)
    }
}
