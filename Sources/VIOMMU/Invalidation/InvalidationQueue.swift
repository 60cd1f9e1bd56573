import Interrupts

/// Registers of the invalidation queue (VT-d 6.5.2).
struct InvalidationQueue: Sendable {
    /// IQA_REG. Can't be changed while the queue is enabled.
    var address = InvalidationQueueAddressRegister(rawValue: 0)
    /// IQT_REG.
    var tail = InvalidationQueueOffsetRegister(rawValue: 0)
    /// Number of the descriptor that is executed next, or is being executed.
    private(set) var head: UInt32 = 0
    private(set) var isEnabled = false
    /// FSTS.IQE is set as long as there is one: nothing is executed.
    private(set) var error: InvalidationQueueError?
    /// IQERCD.IQEI. Stays when the error is cleared.
    private(set) var errorInfo = InvalidationQueueErrorRegister(rawValue: 0)

    /// Whether there is something to execute.
    var hasWork: Bool { isEnabled && error == nil && tail[.index] != head }

    /// Reads the descriptor at the head.
    func descriptor(
        in memory: some GuestMemory
    ) throws(InvalidationQueueError) -> InvalidationDescriptor {
        guard !address[.dw] else { throw .invalidWidth }
        guard tail[.index] < address.count else { throw .invalidTail }
        let location = address.address &+ UInt64(head) &* InvalidationDescriptor.size
        guard let raw = memory.read128(at: location) else { throw .memoryAccess }
        return InvalidationDescriptor(rawValue: raw)
    }

    /// The descriptor at the head has been executed.
    mutating func advance() {
        head = head &+ 1 < address.count ? head &+ 1 : 0
    }

    /// The descriptor at the head can't be executed. The head stays there.
    mutating func fail(_ error: InvalidationQueueError) {
        self.error = error
        errorInfo[.iqei] = error
    }

    /// Software has cleared FSTS.IQE: the head is tried again.
    mutating func clearError() { error = nil }

    mutating func enable() { isEnabled = true }

    /// Descriptors that haven't been executed are dropped, and the head is 0 (VT-d chapter 11,
    /// "Invalidation Queue Head Register").
    mutating func disable() {
        isEnabled = false
        head = 0
    }

    // MARK: - State. Whether the queue is enabled is part of the IOMMU's

    func save(to writer: inout StateWriter) {
        writer.put(address.rawValue)
        writer.put(tail.rawValue)
        writer.put(head, error == nil ? 0 : 1)
        writer.put(errorInfo.rawValue)
    }

    mutating func restore(from reader: inout StateReader) {
        address.rawValue = reader.take() & InvalidationQueueAddressRegister.writable
        tail.rawValue = reader.take() & InvalidationQueueOffsetRegister.writable
        let (head, hasError) = reader.takeHalves()
        self.head = head < address.count ? head : 0
        errorInfo[.iqei] = InvalidationQueueError(bits: reader.take())
        error = hasError == 0 ? nil : errorInfo[.iqei]
    }
}
