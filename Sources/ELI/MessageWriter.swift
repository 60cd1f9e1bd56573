/// Puts a message together in a caller's buffer, cut to fit, always with a NUL behind it.
struct MessageWriter {
    private let buffer: MessageBuffer
    private var count = 0

    /// Begins with the empty message.
    init(_ buffer: MessageBuffer) {
        self.buffer = buffer
        if let start = buffer.start, buffer.size > 0 { start[0] = 0 }
    }

    mutating func append(_ text: StaticString) {
        guard text.hasPointerRepresentation else { return }
        for offset in 0..<text.utf8CodeUnitCount {
            append(CChar(bitPattern: text.utf8Start[offset]))
        }
    }

    /// In base 10, or with 0x before it in base 16.
    mutating func append(_ number: UInt32, base: UInt32 = 10) {
        if base == 16 { append("0x" as StaticString) }
        var divisor: UInt32 = 1
        while number / divisor >= base { divisor &*= base }
        while divisor > 0 {
            let digit = UInt8(truncatingIfNeeded: number / divisor % base)
            append(CChar(bitPattern: digit < 10 ? 48 &+ digit : 87 &+ digit))
            divisor /= base
        }
    }

    private mutating func append(_ character: CChar) {
        guard let start = buffer.start, count + 1 < buffer.size else { return }
        start[count] = character
        count += 1
        start[count] = 0
    }
}
