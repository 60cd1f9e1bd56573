import Foundation

/// What the lab is doing and how far it is, for a person who waits.
///
/// On a terminal the current step is one line that changes; in a log each step gets a line when
/// it starts, every ten seconds, and when it ends.
final class Console: @unchecked Sendable {
    static let shared = Console()

    private let lock = NSLock()
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private let start = ContinuousClock.now
    private var lastPrinted = ContinuousClock.now

    /// Prints a line that stays.
    func say(_ text: String) {
        lock.withLock {
            write((isTerminal ? "\r\u{1b}[K" : "") + stamp() + text + "\n")
            lastPrinted = .now
        }
    }

    /// Shows how far the current step is; may be called as often as it likes.
    func progress(_ text: String) {
        lock.withLock {
            let interval: Duration = isTerminal ? .milliseconds(100) : .seconds(10)
            guard ContinuousClock.now - lastPrinted >= interval else { return }
            lastPrinted = .now
            let line = String((stamp() + text).prefix(100))
            write(isTerminal ? "\r\u{1b}[K" + line : line + "\n")
        }
    }

    private func stamp() -> String {
        let seconds = (ContinuousClock.now - start).components.seconds
        return String(format: "%2d:%02d  ", seconds / 60, seconds % 60)
    }

    private func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
