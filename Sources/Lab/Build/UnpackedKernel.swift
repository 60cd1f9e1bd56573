import Foundation

/// The kernel that a bzImage unpacks when it boots, an ELF file. That takes an emulated CPU longer
/// than all the rest of booting, so hosts and guests start with it (PVH).
struct UnpackedKernel: Sendable {
    /// A part of the file that belongs in memory.
    struct Segment: Sendable {
        let address: Int
        let content: Data
    }

    /// What belongs in memory.
    let segments: [Segment]
    /// The physical address of the 32-bit code to start with.
    let entry: Int

    private static let loaded = 1, notes = 4
    /// Of a note of Xen's (public/elfnote.h).
    private static let entryNote = 18

    /// Unpacks a bzImage, whose header tells where the kernel lies (boot protocol 2.08,
    /// Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length).
    static func unpack(_ image: String, to path: String, log: String) async throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: image))
        let start = (data.number(at: 0x1f1, bytes: 1) + 1) * 512 + data.number(at: 0x248, bytes: 4)
        // Its last four bytes are the size of what it unpacks to.
        let packed = data.dropFirst(start).prefix(data.number(at: 0x24c, bytes: 4) - 4)
        try packed.write(to: URL(fileURLWithPath: path + ".zst"))
        try await Command("zstd", ["-q", "-d", "--rm", path + ".zst"])
            .run("kernel: unpacking the image", log: log)
    }

    /// Reads it (ELF-64 Object File Format: e_phoff, e_phentsize, e_phnum; p_type, p_offset, p_paddr,
    /// p_filesz).
    init(_ path: String) throws {
        let file = try Data(contentsOf: URL(fileURLWithPath: path))
        let (table, size) = (file.number(at: 32, bytes: 8), file.number(at: 54, bytes: 2))
        var segments: [Segment] = []
        var entry: Int?
        for header in stride(
            from: table, to: table + size * file.number(at: 56, bytes: 2), by: size
        ) {
            let offset = file.number(at: header + 8, bytes: 8)
            let content = file[offset..<offset + file.number(at: header + 32, bytes: 8)]
            switch file.number(at: header, bytes: 4) {
            case Self.loaded:
                segments.append(
                    Segment(address: file.number(at: header + 24, bytes: 8), content: content))
            case Self.notes: entry = Self.entry(in: Data(content))
            default: break
            }
        }
        guard let entry else { throw LabError("\(path) can't be started as PVH has it") }
        (self.segments, self.entry) = (segments, entry)
    }

    /// Where notes say that it starts. Each has sizes of name and description, its type, and both.
    private static func entry(in notes: Data) -> Int? {
        func padded(_ size: Int) -> Int { (size + 3) & ~3 }
        var next = 0
        while next + 12 <= notes.count {
            let name = notes.number(at: next, bytes: 4), size = notes.number(at: next + 4, bytes: 4)
            let description = next + 12 + padded(name)
            if notes.number(at: next + 8, bytes: 4) == entryNote,
               notes[next + 12..<next + 12 + name] == Data("Xen\0".utf8) {
                return notes.number(at: description, bytes: min(size, 8))
            }
            next = description + padded(size)
        }
        return nil
    }

    /// Where `raw` belongs.
    var address: Int { segments.map(\.address).min() ?? 0 }

    /// What belongs in memory, from `address` on.
    var raw: Data {
        let start = address
        let end = segments.map { $0.address + $0.content.count }.max() ?? start
        var memory = Data(count: end - start)
        for segment in segments {
            let offset = segment.address - start
            memory.replaceSubrange(offset..<offset + segment.content.count, with: segment.content)
        }
        return memory
    }
}

extension Data {
    /// A number, its lowest byte first.
    fileprivate func number(at offset: Int, bytes: Int) -> Int {
        (0..<bytes).reduce(0) { $0 | Int(self[startIndex + offset + $1]) << (8 * $1) }
    }
}
