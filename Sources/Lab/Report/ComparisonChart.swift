/// The comparison as an SVG chart in the style of the talk: bars of each method's share of bare
/// metal, by work.
enum ComparisonChart {
    private static let colors: [ComparisonMethod: String] = [
        .emulation: "#b0413e", .paravirtual: "#d98c3f", .assignment: "#d9c23f",
        .assignmentELI: "#3f8f5f", .bareMetal: "#8f8f8f",
    ]

    static func svg(_ runs: [ComparisonRun]) -> String {
        let works = ComparisonWork.allCases.filter { work in runs.contains { $0.work == work.rawValue } }
        return BarChart(
            title: "Operations per second, in percent of bare metal",
            note: "an emulated host (QEMU's TCG): indicative, as its time isn't a CPU's",
            unit: " %", least: 100,
            series: ComparisonMethod.allCases.map {
                BarChart.Series(title: $0.rawValue, color: colors[$0] ?? "black")
            },
            groups: works.map { work in
                BarChart.Group(
                    title: work.rawValue,
                    values: ComparisonMethod.allCases.map { method in
                        runs.first { $0.work == work.rawValue && $0.method == method.rawValue }?
                            .share(among: runs)
                    })
            }
        ).svg()
    }
}
