import Foundation

/// A QMP server with one client, which says what a test wants it to.
final class FakeMonitor: @unchecked Sendable {
    enum Step {
        case send(String)
        /// Waits for a command.
        case receive
        case hangUp
        /// Sends it over and over until the client has gone.
        case flood(String)
    }

    static let greeting =
        #"{"QMP": {"version": {"qemu": {"micro": 13, "minor": 0, "major": 10}, "package": "x"}, "#
        + #""capabilities": ["oob"]}}"# + "\r\n"

    /// What a client is told before it gives commands of its own.
    static let start: [Step] = [
        .send(greeting), .receive, .send(#"{"return": {}, "id": 1}"# + "\r\n"),
    ]

    let path: String
    private let listener: Int32
    private let lock = NSLock()
    private var lines: [String] = []
    private let end = DispatchSemaphore(value: 0)

    init(_ steps: [Step]) throws {
        path = NSTemporaryDirectory() + "elictl-\(UUID().uuidString.prefix(13)).sock"
        listener = try Self.bound(to: path)
        listen(listener, 1)
        Thread.detachNewThread { [self] in
            run(steps)
            end.signal()
        }
    }

    /// A socket that nobody listens on yet.
    static func bound(to path: String) throws -> Int32 {
        let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(file, $0, size) }
        }
        guard result == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        return file
    }

    /// The commands that came, once the client has gone.
    var received: [String] {
        end.wait()
        return lock.withLock { lines }
    }

    private func run(_ steps: [Step]) {
        let client = accept(listener, nil, nil)
        defer {
            close(client)
            close(listener)
            unlink(path)
        }
        for step in steps {
            switch step {
            case .send(let text): _ = send(text, to: client)
            case .receive: receive(from: client)
            case .hangUp: return
            case .flood(let text): while send(text, to: client) {}
            }
        }
        // Else the client would see the end of the VM.
        while receive(from: client) {}
    }

    private func send(_ text: String, to client: Int32) -> Bool {
        let bytes = Array(text.utf8)
        return Foundation.send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    @discardableResult
    private func receive(from client: Int32) -> Bool {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(client, &byte, 1) == 1 {
            if byte == UInt8(ascii: "\n") {
                lock.withLock { lines.append(String(decoding: line, as: UTF8.self)) }
                return true
            }
            line.append(byte)
        }
        return false
    }
}
