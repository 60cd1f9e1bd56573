import Foundation

/// A host's files in /proc, /sys and /dev, or a copy of them elsewhere.
struct HostTree: Sendable {
    /// What stands before "proc/...".
    private let root: String

    init(root: String = "/") {
        self.root = root.hasSuffix("/") ? root : root + "/"
    }

    /// - Returns: nil if there is no such file, or if it can't be read.
    func text(_ path: String) -> String? {
        // Files there say that they are empty, so this reads to the end.
        guard let file = FileHandle(forReadingAtPath: root + path) else { return nil }
        defer { try? file.close() }
        return (try? file.readToEnd()).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The only line of a file.
    func line(_ path: String) -> String? {
        text(path)?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Lines like "Name:   value".
    func fields(_ path: String) -> [String: String] {
        Self.fields(of: text(path) ?? "")
    }

    static func fields(of text: some StringProtocol) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let pair = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            fields[pair[0].trimmingCharacters(in: .whitespaces)] =
                pair[1].trimmingCharacters(in: .whitespaces)
        }
        return fields
    }

    /// Names in a folder, sorted.
    func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: root + folder))?.sorted() ?? []
    }

    /// Names in a folder that are numbers, sorted by them.
    func numbers(in folder: String) -> [Int] {
        names(in: folder).compactMap { Int($0) }.sorted()
    }

    var processes: [Int] { numbers(in: "proc") }

    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root + path)
    }

    /// Where a symbolic link leads.
    func link(_ path: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: root + path)
    }

    /// Eight bytes of a file, little-endian, at an offset: a register in /dev/cpu/N/msr.
    func register(_ path: String, at offset: Int) -> UInt64? {
        let file = open(root + path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var value: UInt64 = 0
        let count = pread(file, &value, MemoryLayout<UInt64>.size, off_t(offset))
        return count == MemoryLayout<UInt64>.size ? UInt64(littleEndian: value) : nil
    }
}
