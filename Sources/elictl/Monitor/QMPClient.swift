import Foundation

/// A client of a QMP monitor on a UNIX socket.
final class QMPClient: Monitor {
    /// Events that come while an answer is waited for; of more than these the oldest is forgotten.
    static let eventLimit = 4096

    let name: String
    /// QEMU's version.
    private(set) var version = ""
    private let socket: UNIXSocket
    private let timeout: Double
    private var framer = JSONFramer()
    /// What has come and wasn't looked at yet.
    private var messages: [[UInt8]] = []
    private var events: [QMPEvent] = []
    private var lastID = 0

    /// Connects, and has QEMU take commands.
    ///
    /// - Parameters:
    ///   - path: of the socket.
    ///   - timeout: how long greeting and answers may take, in seconds.
    /// - Throws: `MonitorError`.
    init(connecting path: String, timeout: Double) throws {
        name = "socket \(path)"
        self.timeout = timeout
        socket = try UNIXSocket(connecting: path)
        version = try greeting().text
        _ = try answer(to: QMPRequest("qmp_capabilities"))
    }

    func reply(to request: QMPRequest) throws -> Data {
        try answer(to: request)
    }

    func events(_ body: @escaping @Sendable (QMPEvent) -> Void) throws {
        while true {
            events.forEach(body)
            events = []
            do {
                // What isn't an event answers a command that took too long.
                _ = try nextMessage(until: nil, orThrow: .ended(name: name))
            } catch MonitorError.ended {
                return
            }
        }
    }

    private func greeting() throws -> QMPMessage.Greeting {
        let silent = MonitorError.silent(name: name, seconds: timeout)
        guard let message = try nextMessage(until: deadline, orThrow: silent),
            let greeting = message.head.greeting
        else { throw MonitorError.malformed(name: name, detail: "no greeting") }
        return greeting
    }

    private var deadline: ContinuousClock.Instant { .now + .seconds(timeout) }

    private func answer(to command: QMPRequest) throws -> Data {
        lastID += 1
        var request = command
        request.id = lastID
        let deadline = deadline
        let late = MonitorError.timeout(name: name, command: command.execute, seconds: timeout)
        guard try socket.send(Array((request.line() + "\r\n").utf8), until: deadline) else {
            throw late
        }
        while true {
            // A flood of events must not hide that the time is over.
            guard ContinuousClock.now < deadline else { throw late }
            guard let message = try nextMessage(until: deadline, orThrow: late) else { continue }
            // The answer to what QEMU couldn't read has no id, and is an error.
            guard message.head.id == lastID || (message.head.id == nil && message.head.error != nil)
            else { continue }
            try message.head.requireResult(of: command.execute, from: name)
            return message.json
        }
    }

    /// Takes the next message.
    ///
    /// - Returns: nil if it is an event, which is kept.
    private func nextMessage(
        until deadline: ContinuousClock.Instant?, orThrow late: MonitorError
    ) throws -> (head: QMPMessage, json: Data)? {
        while messages.isEmpty {
            guard let bytes = try socket.receive(until: deadline) else { throw late }
            guard !bytes.isEmpty else { throw MonitorError.ended(name: name) }
            do {
                messages += try framer.append(bytes)
            } catch {
                throw explain(error)
            }
        }
        let json = Data(messages.removeFirst())
        guard let head = try? JSONDecoder().decode(QMPMessage.self, from: json) else {
            let start = String(decoding: json.prefix(80), as: UTF8.self)
            throw MonitorError.malformed(name: name, detail: start)
        }
        guard let event = QMPEvent(head, json: json) else { return (head, json) }
        if events.count == Self.eventLimit { events.removeFirst() }
        events.append(event)
        return nil
    }

    private func explain(_ failure: JSONFramer.Failure) -> MonitorError {
        switch failure {
        case .garbage(let bytes):
            let text = String(decoding: bytes, as: UTF8.self)
            let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            return .notQMP(name: name, text: line)
        case .tooLong:
            let limit = JSONFramer.defaultLimit
            return .malformed(name: name, detail: "a message longer than \(limit) bytes")
        }
    }
}
