import Foundation

/// Random data that a guest reads from its disk and over the network, and their checksums.
struct SoakContent: Sendable {
    /// At the beginning of the disk. A busy guest takes seconds for the checksum.
    static let diskMegabytes = 16

    let file: String
    let fileSum: String
    let diskSum: String
    /// Of the HTTP server on 10.0.2.2.
    let port: Int
    /// The server, for `file`'s folder.
    let server: Command

    /// A guest's command that prints `file`.
    var download: String { "wget -q -O - http://10.0.2.2:\(port)/\(file)" }

    /// - Parameters:
    ///   - folder: an empty folder of this machine.
    ///   - disk: the host's disk.
    init(folder: String, disk: String, port: Int) async throws {
        func fill(_ path: String, megabytes: Int) async throws -> String {
            let text = try await Command(
                "sh", ["-ec", "head -c \(megabytes)M /dev/urandom | dd of=\"$0\" conv=notrunc status=none; "
                    + "head -c \(megabytes)M \"$0\" | md5sum", path]).output()
            return String(text.prefix { $0 != " " })
        }
        file = "data"
        self.port = port
        fileSum = try await fill("\(folder)/\(file)", megabytes: 4)
        diskSum = try await fill(disk, megabytes: Self.diskMegabytes)
        server = Command(
            "python3", ["-m", "http.server", "-b", "127.0.0.1", "-d", folder, String(port)])
    }
}
