/// The value of a QEMU option: "first,key=value,flag,key=with,,comma".
struct OptionString {
    /// What stands before the first comma.
    let first: String
    private var values: [String: String] = [:]

    init(_ text: String) {
        let parts = Self.parts(text)
        first = parts[0]
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[String(pair[0])] = pair.count == 2 ? String(pair[1]) : "on"
        }
    }

    subscript(key: String) -> String? { values[key] }

    /// Cuts at commas; two stand for one.
    private static func parts(_ text: String) -> [String] {
        var parts = [""]
        var rest = Substring(text)
        while let next = rest.popFirst() {
            if next != "," {
                parts[parts.count - 1].append(next)
            } else if rest.first == "," {
                rest.removeFirst()
                parts[parts.count - 1].append(",")
            } else {
                parts.append("")
            }
        }
        return parts
    }
}
