import Foundation

/// Groups of bars as an SVG picture.
struct BarChart {
    /// What a bar of each group is.
    struct Series {
        let title: String
        /// As SVG has it.
        let color: String
    }

    /// Bars beside each other, one for each series; nil where there is none.
    struct Group {
        let title: String
        let values: [Double?]
    }

    let title: String
    /// A line below the title.
    let note: String
    /// Behind the numbers of the scale.
    var unit = ""
    /// The scale goes at least as far.
    var least = 0.0
    let series: [Series]
    let groups: [Group]

    private static let (left, top, height, bar, legend) = (70.0, 70.0, 260.0, 34.0, 180.0)

    private var width: Double {
        Self.left + max(groupWidth * Double(groups.count), Self.legend * 4) + 20
    }
    private var groupWidth: Double { Self.bar * Double(series.count) + 40 }
    private var bottom: Double { Self.top + Self.height }

    func svg() -> String {
        let highest = max(least, groups.flatMap(\.values).compactMap { $0 }.max() ?? 0, 1e-9)
        func y(_ value: Double) -> Double { Self.top + Self.height * (1 - value / highest) }
        let legendHeight = Double((series.count + 3) / 4) * 22
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Self.number(width))\" "
                + "height=\"\(Self.number(bottom + 68 + legendHeight))\" "
                + "font-family=\"sans-serif\" font-size=\"12\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            Self.text(title, Self.left, 28, size: 17),
            Self.text(note, Self.left, 48, color: "#555"),
        ]
        for value in stride(from: 0.0, through: highest, by: Self.step(highest)) {
            lines.append(
                "<line x1=\"\(Self.number(Self.left))\" x2=\"\(Self.number(width - 20))\" "
                    + "y1=\"\(Self.number(y(value)))\" y2=\"\(Self.number(y(value)))\" stroke=\"#ddd\"/>")
            lines.append(
                Self.text(
                    Self.number(value) + unit, Self.left - 8, y(value) + 4, anchor: "end"))
        }
        for (index, group) in groups.enumerated() {
            let start = Self.left + 20 + groupWidth * Double(index)
            for (position, value) in group.values.enumerated() {
                guard let value else { continue }
                let x = start + Self.bar * Double(position)
                lines.append(
                    Self.box(
                        x, y(value), Self.bar - 4, bottom - y(value), series[position].color))
                lines.append(
                    Self.text(
                        Self.number(value >= 10 ? value.rounded() : value), x + Self.bar / 2 - 2,
                        y(value) - 4, anchor: "middle"))
            }
            lines.append(
                Self.text(group.title, start + groupWidth / 2 - 20, bottom + 20, anchor: "middle"))
        }
        for (index, series) in series.enumerated() {
            let x = Self.left + Self.legend * Double(index % 4), y = bottom + 45 + Double(index / 4) * 22
            lines.append(Self.box(x, y, 14, 14, series.color))
            lines.append(Self.text(series.title, x + 20, y + 12))
        }
        return lines.joined(separator: "\n") + "\n</svg>\n"
    }

    /// 1, 2.5 or 5 times a power of ten, so that there are four lines or a few more.
    private static func step(_ highest: Double) -> Double {
        let power = pow(10, (log10(highest / 4)).rounded(.down))
        return power * ([5, 2.5, 1].first { $0 * power * 4 <= highest } ?? 1)
    }

    private static func box(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ color: String
    ) -> String {
        "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" "
            + "height=\"\(number(height))\" fill=\"\(color)\"/>"
    }

    private static func text(
        _ content: String, _ x: Double, _ y: Double, size: Int = 12, color: String = "black",
        anchor: String = "start"
    ) -> String {
        "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(size)\" fill=\"\(color)\" "
            + "text-anchor=\"\(anchor)\">\(content)</text>"
    }

    private static func number(_ value: Double) -> String {
        String(format: "%g", (value * 10).rounded() / 10)
    }
}
