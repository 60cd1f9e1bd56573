import Foundation

/// Something that QEMU tells unasked.
struct QMPEvent: Sendable {
    let name: String
    /// When it was, by QEMU's clock; nil if QEMU couldn't tell.
    let time: Date?
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
            stamp.seconds < 0 || stamp.microseconds < 0
                ? nil
                : Date(timeIntervalSince1970: Double(stamp.seconds) + Double(stamp.microseconds) / 1e6)
        }
    }
}
