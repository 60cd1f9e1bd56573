import Foundation

/// Something that QEMU tells unasked.
struct QMPEvent: Sendable {
    let name: String
    /// When it was, by QEMU's clock; nil if QEMU couldn't tell.
    let time: Date?
    /// Of what QEMU may call the time: until the year 10000, in seconds.
    private static let seconds: Range<Int64> = 0..<253_402_300_800

    /// All of it, as it came.
    let json: Data
    /// One line.
    var line: String {
        String(decoding: json, as: UTF8.self).split(whereSeparator: \.isNewline)
            .joined(separator: " ")
    }

    init?(_ message: QMPMessage, json: Data) {
        guard let name = message.event else { return nil }
        self.name = name
        self.json = json
        time = message.timestamp.flatMap { stamp in
            guard Self.seconds.contains(stamp.seconds), (0..<1_000_000).contains(stamp.microseconds)
            else { return nil }
            return Date(
                timeIntervalSince1970: Double(stamp.seconds) + Double(stamp.microseconds) / 1e6)
        }
    }
}
