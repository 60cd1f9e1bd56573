import Foundation

/// The lab's end of an emulated serial line: a TCP socket on loopback that the emulator connects
/// to.
final class SerialLink: @unchecked Sendable {
    /// Where the emulator has to connect to.
    let port: UInt16
    private let listener: Int32
    private let lock = NSLock()
    private var connection: Int32 = -1
    private var isClosed = false

    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let error = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) != 0 || listen(listener, 1) != 0
                    || getsockname(listener, address, &length) != 0
            }
        }
        guard listener >= 0, !error else {
            throw LabError("can't listen on loopback: \(String(cString: strerror(errno)))")
        }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit {
        close()
    }

    /// What comes in, from the moment the emulator connects until it goes away or `close()`.
    ///
    /// A thread of its own reads, so that no task of Swift's pool ever blocks.
    func incoming() -> AsyncStream<[UInt8]> {
        AsyncStream { continuation in
            let thread = Thread { [self] in
                readAll { continuation.yield($0) }
                continuation.finish()
            }
            thread.name = "serial"
            thread.start()
        }
    }

    private func readAll(_ received: ([UInt8]) -> Void) {
        let accepted = accept(listener, nil, nil)
        let usable = lock.withLock {
            connection = accepted
            return accepted >= 0 && !isClosed
        }
        guard usable else { return }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(accepted, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            received(Array(buffer[..<count]))
            // Emulators send byte by byte: let some gather, or each costs a round of wake-ups.
            usleep(5000)
        }
    }

    /// Sends all of it. Does nothing before the emulator has connected or after it left: whoever
    /// waits for the answer notices.
    func send(_ text: String) {
        let connection = lock.withLock { self.connection }
        guard connection >= 0 else { return }
        var bytes = ArraySlice(Array(text.utf8))
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Foundation.send(connection, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Ends the reader and the connection. Safe to call twice.
    func close() {
        lock.withLock {
            guard !isClosed else { return }
            isClosed = true
            // shutdown() and not close(): it wakes the reader, which still uses the descriptors.
            shutdown(listener, Int32(SHUT_RDWR))
            if connection >= 0 { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }
}
