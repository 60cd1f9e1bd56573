/// Rows under a heading, for a terminal.
public enum TextTable {
    /// - Parameters:
    ///   - names: how many columns, from the left, hold names: those are flush left.
    ///   - rows: the heading first, and each of as many cells.
    public static func text(names: Int, _ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = rows.map { row in
            let line = row.indices.map { index in
                let padding = String(repeating: " ", count: widths[index] - row[index].count)
                return index < names ? row[index] + padding : padding + row[index]
            }.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
        lines.insert(widths.map { String(repeating: "-", count: $0) }.joined(separator: "  "), at: 1)
        return lines.joined(separator: "\n")
    }
}
