import Foundation

/// Where a command's words go.
enum StandardStreams {
    /// Prints text and ends the line, at once. Ends the process if that fails, as on a full disk:
    /// there is nobody left to tell.
    static func print(_ text: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
        } catch {
            complain("standard output: \(error.localizedDescription)")
            exit(1)
        }
    }

    /// Says on standard error what is wrong.
    static func complain(_ text: String, as program: String? = "elictl") {
        let line = (program.map { "\($0): " } ?? "") + text + "\n"
        try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
    }
}
