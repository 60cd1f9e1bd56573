import Foundation

/// A manual page in mdoc.
struct ManualPage: Sendable {
    /// In the clone.
    let path: String
    private let lines: [Substring]

    static let options = "docs/man/eli-accel.7"

    /// - Parameter root: the clone.
    init(path: String, in root: String) throws {
        self.path = path
        lines = try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
            .split(separator: "\n")
    }

    /// Properties that it has an entry for, ".It Cm NAME Ns = Ns ...".
    var documentedOptions: [String] {
        lines.compactMap { line in
            let words = line.split(separator: " ")
            let isProperty = words.count > 4 && words[..<2] == [".It", "Cm"] && words[3...4] == ["Ns", "="]
            return isProperty ? String(words[2]) : nil
        }
    }
}
