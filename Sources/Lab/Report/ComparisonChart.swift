import Foundation

/// The comparison as an SVG chart in the style of the talk: bars of each method's share of bare
/// metal, by work.
enum ComparisonChart {
    private static let colors: [ComparisonMethod: String] = [
        .emulation: "#b0413e", .paravirtual: "#d98c3f", .assignment: "#d9c23f",
        .assignmentELI: "#3f8f5f", .bareMetal: "#8f8f8f",
    ]
    private static let (left, top, height, bar) = (70.0, 70.0, 260.0, 34.0)

    static func svg(_ runs: [ComparisonRun]) -> String {
        let works = ComparisonWork.allCases.filter { work in runs.contains { $0.work == work.rawValue } }
        let group = bar * Double(ComparisonMethod.allCases.count) + 40
        let width = left + group * Double(works.count) + 20
        let highest = max(100, runs.compactMap { $0.share(among: runs) }.max() ?? 100)
        func y(_ share: Double) -> Double { top + height * (1 - share / highest) }
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(number(width))\" "
                + "height=\"\(number(top + height + 90))\" font-family=\"sans-serif\" font-size=\"12\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            text("Operations per second, in percent of bare metal", left, 28, size: 17),
            text(
                "an emulated host (QEMU's TCG): indicative, as its time isn't a CPU's", left, 48,
                color: "#555"),
        ]
        for share in stride(from: 0.0, through: highest, by: 25) {
            lines.append(
                "<line x1=\"\(number(left))\" x2=\"\(number(width - 20))\" y1=\"\(number(y(share)))\" "
                    + "y2=\"\(number(y(share)))\" stroke=\"#ddd\"/>")
            lines.append(text("\(number(share)) %", left - 8, y(share) + 4, anchor: "end"))
        }
        for (index, work) in works.enumerated() {
            let start = left + 20 + group * Double(index)
            for (position, method) in ComparisonMethod.allCases.enumerated() {
                guard let run = runs.first(where: {
                    $0.work == work.rawValue && $0.method == method.rawValue
                }), let share = run.share(among: runs) else { continue }
                let x = start + bar * Double(position)
                lines.append(
                    "<rect x=\"\(number(x))\" y=\"\(number(y(share)))\" width=\"\(number(bar - 4))\" "
                        + "height=\"\(number(top + height - y(share)))\" "
                        + "fill=\"\(colors[method] ?? "black")\"/>")
                lines.append(
                    text(number(share.rounded()), x + bar / 2 - 2, y(share) - 4, anchor: "middle"))
            }
            lines.append(
                text(work.rawValue, start + group / 2 - 20, top + height + 20, anchor: "middle"))
        }
        for (index, method) in ComparisonMethod.allCases.enumerated() {
            let x = left + 150 * Double(index)
            lines.append(
                "<rect x=\"\(number(x))\" y=\"\(number(top + height + 45))\" width=\"14\" height=\"14\" "
                    + "fill=\"\(colors[method] ?? "black")\"/>")
            lines.append(text(method.rawValue, x + 20, top + height + 57))
        }
        return lines.joined(separator: "\n") + "\n</svg>\n"
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
