/// Cuts a stream of bytes into JSON objects. QMP's messages are lines, but a monitor with
/// `pretty=on` spreads each over several.
struct JSONFramer {
    /// Longest message that is taken, in bytes. query-eli of the largest VM is far below.
    static let defaultLimit = 16 << 20

    /// The stream isn't one of JSON objects.
    enum Failure: Error, Equatable {
        /// What stands where a message should begin.
        case garbage([UInt8])
        /// A message is longer than the limit.
        case tooLong
    }

    private let limit: Int
    private var message: [UInt8] = []
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    /// - Parameter limit: longest message that is taken, in bytes.
    init(limit: Int = defaultLimit) {
        self.limit = limit
    }

    /// - Parameter bytes: the next of the stream, from anywhere to anywhere.
    /// - Returns: the objects that end within them.
    mutating func append(_ bytes: [UInt8]) throws(Failure) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        for (index, byte) in bytes.enumerated() {
            if depth == 0 {
                if byte == UInt8(ascii: "{") {
                    depth = 1
                    message = [byte]
                } else if !Self.isSpace(byte) {
                    throw .garbage(Array(bytes[index...].prefix(80)))
                }
                continue
            }
            guard message.count < limit else { throw .tooLong }
            message.append(byte)
            scan(byte)
            if depth == 0 {
                messages.append(message)
                message = []
            }
        }
        return messages
    }

    private mutating func scan(_ byte: UInt8) {
        if isEscaped {
            isEscaped = false
            return
        }
        switch byte {
        case UInt8(ascii: "\\"): isEscaped = isInString
        case UInt8(ascii: "\""): isInString.toggle()
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += isInString ? 0 : 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= isInString ? 0 : 1
        default: break
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        [0x09, 0x0a, 0x0d, 0x20].contains(byte)
    }
}
