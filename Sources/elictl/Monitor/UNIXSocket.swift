import Foundation

/// The client's end of a stream between processes of this host.
final class UNIXSocket {
    /// For `poll`.
    let descriptor: Int32
    private let path: String

    /// - Throws: `MonitorError`.
    init(connecting path: String) throws {
        self.path = path
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        // The last byte ends it.
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw MonitorError.pathTooLong(path: path)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }

        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            | Int32(SOCK_NONBLOCK.rawValue)
        descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else {
            throw MonitorError.system(path: path, call: "socket", error: errno)
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard result == 0 else { throw Self.connectError(errno, path) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    private static func connectError(_ error: Int32, _ path: String) -> MonitorError {
        switch error {
        case ENOENT, ENOTDIR: .noSocket(path: path)
        case EACCES, EPERM: .noPermission(path: path)
        // Its backlog is full.
        case EAGAIN: .busy(path: path)
        case ECONNREFUSED:
            isSocket(path) ? .refused(path: path) : .notASocket(path: path)
        case EPROTOTYPE: .notASocket(path: path)
        default: .system(path: path, call: "connect", error: error)
        }
    }

    private static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    /// - Returns: what has come; empty at the end of the stream, nil after `deadline`.
    func receive(until deadline: ContinuousClock.Instant?) throws -> [UInt8]? {
        while true {
            guard try wait(for: POLLIN, until: deadline) else { return nil }
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count >= 0 { return Array(buffer.prefix(count)) }
            switch errno {
            case EAGAIN, EINTR: continue
            case ECONNRESET: return []
            default: throw MonitorError.system(path: path, call: "recv", error: errno)
            }
        }
    }

    /// - Returns: whether all of it went out before `deadline`; false at the end of the stream, too.
    func send(_ bytes: [UInt8], until deadline: ContinuousClock.Instant?) throws -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard try wait(for: POLLOUT, until: deadline) else { return false }
            let count = rest.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE || errno == ECONNRESET {
                // What the peer sent before it went can still be read.
                return true
            } else if errno != EAGAIN && errno != EINTR {
                throw MonitorError.system(path: path, call: "send", error: errno)
            }
        }
        return true
    }

    /// - Returns: false after `deadline`.
    private func wait(for events: Int32, until deadline: ContinuousClock.Instant?) throws -> Bool {
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let result = poll(&entry, 1, deadline?.millisecondsLeft ?? -1)
            if result > 0 { return true }
            if result == 0 { return false }
            guard errno == EINTR else {
                throw MonitorError.system(path: path, call: "poll", error: errno)
            }
        }
    }
}
