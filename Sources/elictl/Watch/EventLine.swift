import Foundation

/// An event for people.
struct EventLine {
    private struct StateChanged: Decodable {
        let active: Bool
        let reason: String
    }
    private struct Degraded: Decodable {
        let cpuIndex: Int?
        let device: String?
        let path: String?
        let index: Int?
        let reason: ELIInfo.Reason
    }

    private let event: QMPEvent

    init(_ event: QMPEvent) {
        self.event = event
    }

    /// One line: the time in UTC, the name, and what it is about.
    var text: String {
        let stamp = event.time?.formatted(
            Date.ISO8601FormatStyle(includingFractionalSeconds: true)) ?? "at an unknown time"
        let words = [stamp, event.name, detail].filter { !$0.isEmpty }.joined(separator: " ")
        return words.replacing("\n", with: " ").printable
    }

    private var detail: String {
        switch event.name {
        case "ELI_STATE_CHANGED":
            guard let change = try? QAPI.fields(of: event.json, as: StateChanged.self) else { break }
            return "\(change.active ? "on" : "off") (\(change.reason))"
        case "ELI_DEGRADED":
            guard let loss = try? QAPI.fields(of: event.json, as: Degraded.self) else { break }
            var about: [String] = []
            if let name = loss.device ?? loss.path {
                about.append(name + (loss.index.map { "[\($0)]" } ?? ""))
            }
            if let cpu = loss.cpuIndex { about.append("vCPU \(cpu)") }
            return "\(about.joined(separator: ", ")): \(loss.reason.text)"
        default: break
        }
        return fields
    }

    /// The data as it came.
    private var fields: String {
        guard let object = try? JSONSerialization.jsonObject(with: event.json) as? [String: Any],
            let data = object["data"] as? [String: Any], !data.isEmpty,
            let json = try? JSONSerialization.data(
                withJSONObject: data, options: [.sortedKeys, .withoutEscapingSlashes])
        else { return "" }
        return String(decoding: json, as: UTF8.self)
    }
}
