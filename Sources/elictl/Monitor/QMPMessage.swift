import Foundation

/// What QEMU sends, as far as a client must know before it knows what it has asked for.
struct QMPMessage: Decodable {
    /// QEMU's greeting.
    struct Greeting: Decodable {
        struct Versions: Decodable {
            let qemu: Numbers
            /// Of the package that it came in; may be empty.
            let package: String?
        }
        struct Numbers: Decodable {
            let major: Int
            let minor: Int
            let micro: Int
        }
        let version: Versions

        /// As `qemu-system-x86_64 --version` has it.
        var text: String {
            let numbers = "\(version.qemu.major).\(version.qemu.minor).\(version.qemu.micro)"
            guard let package = version.package, !package.isEmpty else { return numbers }
            return "\(numbers) (\(package))"
        }
    }
    struct Failure: Decodable {
        let `class`: String
        let desc: String
    }
    struct Timestamp: Decodable {
        let seconds: Int64
        /// -1, as `seconds`, if QEMU couldn't tell the time.
        let microseconds: Int64
    }
    private enum CodingKeys: String, CodingKey {
        case greeting = "QMP"
        case result = "return"
        case error, id, event, timestamp
    }

    let greeting: Greeting?
    let hasResult: Bool
    let error: Failure?
    /// Of the command that this answers; nil if it is none of ours.
    let id: Int?
    let event: String?
    let timestamp: Timestamp?

    init(from decoder: any Decoder) throws {
        let message = try decoder.container(keyedBy: CodingKeys.self)
        greeting = try message.decodeIfPresent(Greeting.self, forKey: .greeting)
        hasResult = message.contains(.result)
        error = try message.decodeIfPresent(Failure.self, forKey: .error)
        id = try? message.decodeIfPresent(Int.self, forKey: .id)
        event = try message.decodeIfPresent(String.self, forKey: .event)
        timestamp = try message.decodeIfPresent(Timestamp.self, forKey: .timestamp)
    }

    /// - Parameters:
    ///   - command: what it answers.
    ///   - name: of the monitor.
    /// - Throws: `MonitorError` unless it has a result; in QEMU's own words if it is an error.
    func requireResult(of command: String, from name: String) throws(MonitorError) {
        if let error {
            throw .command(command, class: error.class, description: error.desc)
        }
        guard hasResult else {
            throw .malformed(name: name, detail: "neither return nor error to \(command)")
        }
    }
}
