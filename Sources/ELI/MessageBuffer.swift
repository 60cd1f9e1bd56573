/// A caller's buffer for an error message: the only place that writes to one.
struct MessageBuffer {
    let start: UnsafeMutablePointer<CChar>?
    let size: Int

    /// - Parameters:
    ///   - start: the buffer, or nil if the caller wants no message.
    ///   - size: its size in bytes, the terminating NUL included.
    init(_ start: UnsafeMutablePointer<CChar>?, size: Int) {
        self.start = start
        self.size = size
    }

    /// Writes `message`, cut to fit, with a NUL behind it. Does nothing without a buffer.
    func write(_ message: StaticString) {
        // A StaticString of a single scalar may have no address; none of ours is that short.
        guard let start, size > 0, message.hasPointerRepresentation else { return }
        let count = min(message.utf8CodeUnitCount, size - 1)
        for offset in 0..<count {
            start[offset] = CChar(bitPattern: message.utf8Start[offset])
        }
        start[count] = 0
    }
}
