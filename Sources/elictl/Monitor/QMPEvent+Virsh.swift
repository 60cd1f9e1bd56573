import Foundation

extension QMPEvent {
    /// A line of `virsh qemu-monitor-event`, like
    /// "event ELI_DEGRADED at 1265044230.450486 for domain 'vm': {...}".
    init?(virsh line: String) {
        let words = line.split(separator: " ", maxSplits: 4)
        guard words.count == 5, words[0] == "event", words[2] == "at",
            let end = words[4].range(of: "': ")
        else { return nil }
        let stamp = words[3].split(separator: ".").compactMap { Int64($0) }
        let details = words[4][end.upperBound...].trimmingCharacters(in: .whitespacesAndNewlines)
        guard stamp.count == 2 else { return nil }
        // libvirt passes on the parts of what QEMU sent.
        let json = Data(
            """
            {"timestamp": {"seconds": \(stamp[0]), "microseconds": \(stamp[1])}, \
            "event": "\(words[1])", "data": \(details.hasPrefix("{") ? details : "{}")}
            """.utf8)
        guard let message = try? JSONDecoder().decode(QMPMessage.self, from: json) else { return nil }
        self.init(message, json: json)
    }
}
