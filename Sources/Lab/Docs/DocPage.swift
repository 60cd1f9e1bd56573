import Foundation

/// A page of the documentation: Markdown, as much of it as the tests need.
struct DocPage: Sendable {
    /// In the clone.
    let path: String
    let text: String
    /// All fenced blocks, in their order.
    let blocks: [DocBlock]
    /// The lines outside of them.
    let prose: [String]

    /// - Throws: `LabError` for a block that doesn't say what it is, or has no end.
    init(path: String, text: String) throws {
        self.path = path
        self.text = text
        var blocks: [DocBlock] = []
        var prose: [String] = []
        var open: (line: Int, kind: DocBlock.Kind, lines: [Substring])?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard line.hasPrefix("```") else {
                if open == nil { prose.append(String(line)) } else { open?.lines.append(line) }
                continue
            }
            if let block = open {
                blocks.append(
                    DocBlock(
                        page: path, line: block.line, kind: block.kind,
                        text: block.lines.map { $0 + "\n" }.joined()))
                open = nil
                continue
            }
            let tag = line.dropFirst(3).trimmingCharacters(in: .whitespaces)
            guard let kind = DocBlock.Kind(rawValue: tag) else {
                let kinds = DocBlock.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw LabError("\(path):\(index + 1): '\(tag)' is not among these: \(kinds)")
            }
            open = (index + 2, kind, [])
        }
        if let open { throw LabError("\(path):\(open.line): the block has no end") }
        self.blocks = blocks
        self.prose = prose
    }

    /// Text between backquotes, outside of blocks.
    var codeSpans: [String] {
        // A span may go on in the next line.
        let parts = prose.joined(separator: "\n").components(separatedBy: "`")
        return parts.enumerated().compactMap { index, part in
            index.isMultiple(of: 2) ? nil : part.replacing("\n", with: " ")
        }
    }

    /// Where links lead, without what is behind a '#'; those to other sites left out.
    var links: [String] {
        prose.joined(separator: "\n").components(separatedBy: "](").dropFirst().compactMap { part in
            let target = String(part.prefix { $0 != ")" && $0 != "#" })
            return target.isEmpty || target.contains("://") ? nil : target
        }
    }

    /// Cells of the rows of all tables whose heading begins with a cell, without that heading.
    func rows(headed heading: String) -> [[String]] {
        var rows: [[String]] = []
        var isInside = false
        for line in prose {
            guard line.hasPrefix("|") else {
                isInside = false
                continue
            }
            let cells = line.dropFirst().split(separator: "|", omittingEmptySubsequences: false)
                .dropLast().map { $0.trimmingCharacters(in: .whitespaces) }
            if isInside {
                if !cells[0].hasPrefix("--") { rows.append(cells) }
            } else {
                isInside = cells.first == heading
            }
        }
        return rows
    }
}

extension DocPage {
    static let readme = "README.md"

    /// README and all pages beside it, in the order in which README names them.
    ///
    /// - Parameter root: the clone.
    /// - Throws: `LabError` if there is a page that it doesn't name.
    static func all(in root: String) throws -> [DocPage] {
        func read(_ path: String) throws -> DocPage {
            try DocPage(
                path: path, text: String(contentsOfFile: "\(root)/\(path)", encoding: .utf8))
        }
        let readme = try read(readme)
        let names = try FileManager.default.contentsOfDirectory(atPath: root + "/docs")
            .filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
        var order: [String] = []
        for link in readme.links where names.contains(link) && !order.contains(link) {
            order.append(link)
        }
        let missing = Set(names).subtracting(order).sorted()
        guard missing.isEmpty else {
            throw LabError("\(readme.path) has no link to \(missing.joined(separator: ", "))")
        }
        return [readme] + (try order.map(read))
    }
}
