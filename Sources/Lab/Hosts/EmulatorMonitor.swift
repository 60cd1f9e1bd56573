import Foundation

/// The machine protocol (QMP) of an emulator on this machine.
///
/// It blocks, for as long as the emulator takes to answer and at most `patience`.
final class EmulatorMonitor {
    private static let patience = 30
    private let connection: Int32
    private var received: [UInt8] = []

    /// - Parameter path: of the emulator's socket, at most 107 bytes.
    init(path: String) throws {
        connection = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard path.utf8.count < room.count else { return false }
            room.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { throw LabError("\(path) is too long for a socket") }
        var patience = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(
            connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let connection = connection
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, length)
            }
        }
        guard result == 0 else {
            throw LabError("\(path): \(String(cString: strerror(errno)))")
        }
        _ = try line()
        _ = try answer(to: "qmp_capabilities")
    }

    deinit { close(connection) }

    /// What a command without arguments returns.
    func answer(to command: String) throws -> [String: Any] {
        let text = Array("{\"execute\": \"\(command)\"}\n".utf8)
        guard send(connection, text, text.count, Int32(MSG_NOSIGNAL)) == text.count else {
            throw LabError("the emulator's monitor is gone")
        }
        while true {
            let object = try JSONSerialization.jsonObject(with: Data(try line()))
            guard let message = object as? [String: Any] else {
                throw LabError("the emulator's monitor says: \(object)")
            }
            if let result = message["return"] { return result as? [String: Any] ?? [:] }
            if let error = message["error"] { throw LabError("\(command): \(error)") }
        }
    }

    private func line() throws -> [UInt8] {
        while true {
            if let end = received.firstIndex(of: 10) {
                defer { received.removeFirst(end + 1) }
                return Array(received[..<end])
            }
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { throw LabError("the emulator's monitor doesn't answer") }
            received += buffer[..<count]
        }
    }
}
