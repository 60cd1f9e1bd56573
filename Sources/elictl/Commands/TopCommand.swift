import ArgumentParser

/// Shows a VM's exits as they go.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Show a VM's exits per second, and where its interrupts are.",
        discussion: """
            In a terminal the table is redrawn until q is pressed; else one table is printed per \
            interval. Each look makes every vCPU exit once while ELI is on.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("Seconds between two looks.", valueName: "s"))
    var interval = 1.0

    @Option(name: [.customShort("n"), .long], help: "How many tables to show; without it no end.")
    var count: Int?

    func validate() throws {
        guard interval >= 0.01, interval <= 86_400 else {
            throw ValidationError("--interval must be from 0.01 to 86400 seconds")
        }
        guard count ?? 1 > 0 else { throw ValidationError("--count must be at least 1") }
    }

    func run() async throws {
        let monitor = try connection.open()
        let first = try await TopSample.read(from: monitor)
        if let terminal = Terminal() {
            defer { terminal.restore() }
            try await show(monitor, from: first, on: terminal)
        } else {
            try await print(monitor, from: first)
        }
    }

    private func print(_ monitor: any Monitor, from first: TopSample) async throws {
        var previous = first
        var shown = 0
        while shown < count ?? .max {
            try await Task.sleep(until: previous.time + .seconds(interval))
            let sample = try await TopSample.read(from: monitor)
            let view = TopView(title: monitor.name, sample: sample, previous: previous)
            StandardStreams.print(
                (shown == 0 ? "" : "\n") + view.lines(width: nil).joined(separator: "\n"))
            previous = sample
            shown += 1
        }
    }

    private func show(
        _ monitor: any Monitor, from first: TopSample, on terminal: Terminal
    ) async throws {
        var previous: TopSample?
        var sample = first
        var shown = 0
        while true {
            let view = TopView(title: monitor.name, sample: sample, previous: previous)
            terminal.draw(view.lines(width: terminal.size.columns))
            switch terminal.wait(until: sample.time + .seconds(interval)) {
            case .quit: return
            case .resize: continue
            case .time:
                // The first has no rates, and doesn't count.
                guard shown < count ?? .max else { return }
                previous = sample
                sample = try await TopSample.read(from: monitor)
                shown += 1
            }
        }
    }
}
