import CELI
import Foundation

/// What came of loading libELI.
enum LibraryFacts: Equatable, Codable, Sendable {
    /// The dynamic loader's own words.
    case missing(String)
    /// It isn't libELI, or not one with ABI_MAJOR.
    case foreign(path: String)
    case loaded(path: String, version: String, major: UInt32, minor: UInt32)

    /// Loads it as QEMU does.
    ///
    /// - Parameter name: a path, or a name that the dynamic loader looks up.
    static func read(_ name: String) -> LibraryFacts {
        guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
            return .missing(dlerror().map { String(cString: $0) } ?? name)
        }
        typealias Getter = @convention(c) (UInt32) -> UnsafePointer<eli_plugin_ops>?
        guard let symbol = dlsym(library, "eli_plugin_get") else { return .foreign(path: name) }
        let maps = HostTree().text("proc/self/maps") ?? ""
        let path = file(mappedAt: UInt(bitPattern: symbol), in: maps) ?? name
        let getter = unsafeBitCast(symbol, to: Getter.self)
        guard let operations = getter(UInt32(ELI_ABI_MAJOR))?.pointee else {
            return .foreign(path: path)
        }
        return .loaded(
            path: path, version: operations.version.map { String(cString: $0) } ?? "unknown",
            major: operations.abi_major, minor: operations.abi_minor)
    }

    /// - Parameter maps: /proc/PID/maps.
    static func file(mappedAt address: UInt, in maps: String) -> String? {
        for line in maps.split(whereSeparator: \.isNewline) {
            // Range, access, offset, device, inode, and the path, which may have spaces.
            let fields = line.split(separator: " ", maxSplits: 5)
            guard fields.count == 6 else { continue }
            let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard ends.count == 2, ends[0] <= address, address < ends[1] else { continue }
            return fields[5].trimmingCharacters(in: .whitespaces)
        }
        return nil
    }
}
