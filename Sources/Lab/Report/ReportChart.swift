import Foundation

/// A report's runs as an SVG picture: for each run a bar of exits per device interrupt, split by
/// reason.
enum ReportChart {
    private static let parts: [(title: String, color: String, value: @Sendable (Report.Run) -> Int)]
        = [
            ("external interrupt, device", "#b2182b", { $0.device_exits.external_interrupt }),
            ("EOI, device", "#ef8a62", { $0.device_exits.eoi }),
            ("external interrupt, other",
             "#2166ac", { $0.exits.external_interrupt - $0.device_exits.external_interrupt }),
            ("EOI, other", "#67a9cf", { max(0, $0.exits.eoi - $0.device_exits.eoi) }),
            ("interrupt window", "#5e4fa2", { $0.exits.interrupt_window }),
            ("guest timer", "#99d594", { $0.exits.timer }),
            ("I/O, HLT and others",
             "#bdbdbd", { $0.exits.io + $0.exits.hlt + max(0, $0.exits.other) }),
        ]

    private static let left = 210.0
    private static let plotWidth = 560.0
    private static let rowHeight = 46.0
    private static let top = 64.0

    static func svg(_ runs: [Report.Run]) -> String {
        func perInterrupt(_ count: Int, _ run: Report.Run) -> Double {
            Double(count) / Double(max(1, run.raised))
        }
        let longest = runs.map { run in
            parts.reduce(0) { $0 + perInterrupt($1.value(run), run) }
        }.max() ?? 1
        let scale = plotWidth / max(longest, 0.01)
        let plotHeight = Double(runs.count) * rowHeight
        let legendTop = top + plotHeight + 44
        let height = legendTop + Double((parts.count + 1) / 2) * 22 + 16
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"910\" height=\"\(number(height))\" "
                + "font-family=\"sans-serif\" font-size=\"13\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            text("VM exits per device interrupt, by reason", x: 20, y: 28, size: 17),
            text("emulated hosts: the counts are exact, times mean nothing", x: 20, y: 48, size: 12,
                 color: "#555"),
        ]
        for tick in ticks(upTo: longest) {
            let x = left + tick * scale
            lines.append(
                "<line x1=\"\(number(x))\" x2=\"\(number(x))\" y1=\"\(number(top))\" "
                    + "y2=\"\(number(top + plotHeight))\" stroke=\"#ddd\"/>")
            lines.append(text(number(tick), x: x, y: top + plotHeight + 18, anchor: "middle"))
        }
        for (index, run) in runs.enumerated() {
            let y = top + Double(index) * rowHeight
            lines.append(text("\(run.host), \(run.device)", x: left - 10, y: y + 20, anchor: "end"))
            lines.append(text(
                "eli=\(run.eli ? "on" : "off"), \(run.raised) interrupts", x: left - 10, y: y + 35,
                size: 11, color: "#555", anchor: "end"))
            var x = left
            for part in parts {
                let width = perInterrupt(part.value(run), run) * scale
                lines.append(
                    "<rect x=\"\(number(x))\" y=\"\(number(y + 8))\" width=\"\(number(width))\" "
                        + "height=\"\(number(rowHeight - 16))\" fill=\"\(part.color)\"/>")
                x += width
            }
            lines.append(text(
                String(format: "%.2f by the device", run.device_exits_per_interrupt),
                x: x + 8, y: y + 28, size: 12))
        }
        for (index, part) in parts.enumerated() {
            let x = index % 2 == 0 ? left - 150 : left + 170
            let y = legendTop + Double(index / 2) * 22
            lines.append(
                "<rect x=\"\(number(x))\" y=\"\(number(y - 11))\" width=\"14\" height=\"14\" "
                    + "fill=\"\(part.color)\"/>")
            lines.append(text(part.title, x: x + 22, y: y))
        }
        lines.append("</svg>")
        return lines.joined(separator: "\n") + "\n"
    }

    /// Up to about eight round numbers.
    private static func ticks(upTo longest: Double) -> [Double] {
        let step = [0.1, 0.25, 0.5, 1, 2, 5, 10, 25, 50, 100].first { longest / $0 <= 8 } ?? 1000
        return Array(stride(from: 0, through: longest, by: step))
    }

    private static func text(
        _ content: String, x: Double, y: Double, size: Int = 13, color: String = "black",
        anchor: String = "start"
    ) -> String {
        let escaped = content.replacingOccurrences(of: "&", with: "&amp;")
            .replacingOccurrences(of: "<", with: "&lt;")
        return "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(size)\" "
            + "fill=\"\(color)\" text-anchor=\"\(anchor)\">\(escaped)</text>"
    }

    private static func number(_ value: Double) -> String {
        String(format: "%g", (value * 100).rounded() / 100)
    }
}
