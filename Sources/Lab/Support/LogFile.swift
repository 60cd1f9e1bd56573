import Foundation

/// A file that a step's output is appended to.
final class LogFile: @unchecked Sendable {
    private let path: String
    private let handle: FileHandle
    private let lock = NSLock()

    init(_ path: String) throws {
        if !FileManager.default.fileExists(atPath: path) {
            guard FileManager.default.createFile(atPath: path, contents: nil) else {
                throw LabError("can't write \(path)")
            }
        }
        guard let handle = FileHandle(forWritingAtPath: path) else {
            throw LabError("can't write \(path)")
        }
        self.path = path
        self.handle = handle
        handle.seekToEndOfFile()
    }

    func write(_ text: String) {
        lock.withLock { handle.write(Data(text.utf8)) }
    }

    /// The last lines, for an error message.
    func tail(lines: Int) -> String {
        Self.tail(of: path, lines: lines)
    }

    /// The last lines of any file; empty if it can't be read.
    static func tail(of path: String, lines: Int) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { return "" }
        let text = String(decoding: data.suffix(64 << 10), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).suffix(lines).joined(separator: "\n")
    }
}
