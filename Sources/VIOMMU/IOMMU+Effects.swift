import Interrupts

extension IOMMU {
    /// What the VMM has to do next. If the register page is memory, takes the guest's writes from
    /// it first, and shows the guest afterwards what has changed.
    ///
    /// - Parameters:
    ///   - budget: how much work may be done, about that of one descriptor of the invalidation
    ///     queue each; what is left of it afterwards.
    ///   - view: of an IOMMU that has a sidecore.
    /// - Returns: nil if there is nothing to do until the guest or a device acts.
    public mutating func nextEffect(budget: inout Int, view: SidecoreView? = nil) -> Effect? {
        completeOperation()
        guard let view, view.isOpen else { return proceed(budget: &budget, isOpen: false) }
        let isCommanded = consume(view)
        let effect = isCommanded ? .registersTrap : proceed(budget: &budget, isOpen: true)
        publish(to: view)
        if effect == nil { repair(view) }
        return effect
    }

    /// - Parameter isOpen: whether the guest's accesses to registers don't trap now.
    private mutating func proceed(budget: inout Int, isOpen: Bool) -> Effect? {
        while true {
            // Before the guest is told of what it would have to clear.
            if isOpen && !allowsOpenPage { return .registersTrap }
            if let message = faultEvent.takeMessage() { return .interrupt(message) }
            if let message = completionEvent.takeMessage() { return .interrupt(message) }
            if allDevicesChanged {
                allDevicesChanged = false
                return .devicesChanged(.all)
            }
            if allInterruptEntriesChanged {
                allInterruptEntriesChanged = false
                return .interruptEntriesChanged(.min ... .max)
            }
            reportedStatus = status
            if contextCommand[.icc], let effect = beginContextCommand() { return effect }
            if iotlbInvalidate[.ivt], let effect = beginIOTLBInvalidate() { return effect }
            guard queue.hasWork else { return nil }
            guard budget > 0 else { return .paused }
            budget -= 1
            if let effect = executeDescriptor(budget: &budget) {
                inProgress = .descriptor
                return effect
            }
        }
    }

    /// The caller has carried out the last effect.
    private mutating func completeOperation() {
        switch inProgress {
        case .none: break
        case .contextCommand: completeContextCommand(contextCommand[.cirg])
        case .iotlbInvalidate: completeIOTLBInvalidate(iotlbInvalidate[.iirg])
        case .descriptor: queue.advance()
        }
        inProgress = .none
    }
}
