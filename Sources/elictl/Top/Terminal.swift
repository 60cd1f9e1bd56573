import Foundation

/// The terminal while `top` has it: a screen of its own, and keys that come at once.
final class Terminal {
    enum Wakeup {
        case time
        case quit
        /// The window has another size.
        case resize
    }

    nonisolated(unsafe) private static var isEnding: sig_atomic_t = 0

    private var saved = termios()
    private let hasKeys: Bool

    /// - Returns: nil if standard output is no terminal.
    init?() {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        // So that the handlers end the wait, and what was the screen comes back.
        for number in [SIGINT, SIGTERM, SIGHUP] {
            Self.handle(number) { _ in Terminal.isEnding = 1 }
        }
        Self.handle(SIGWINCH) { _ in }
        hasKeys = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &saved) == 0
        if hasKeys {
            var raw = saved
            raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
            tcsetattr(STDIN_FILENO, TCSANOW, &raw)
        }
        Self.write("\u{1b}[?1049h\u{1b}[?25l")
    }

    /// Gives it back as it was.
    func restore() {
        Self.write("\u{1b}[?25h\u{1b}[?1049l")
        if hasKeys { tcsetattr(STDIN_FILENO, TCSANOW, &saved) }
    }

    /// Without SA_RESTART: poll ends.
    private static func handle(_ number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        sigaction(number, &action, nil)
    }

    /// In characters; 80 by 24 if the terminal doesn't say.
    var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
        else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Shows lines, as many as there is room for.
    func draw(_ lines: [String]) {
        let shown = lines.prefix(size.rows).map { $0 + "\u{1b}[K" }
        // One write, so that the screen doesn't flicker.
        Self.write("\u{1b}[H" + shown.joined(separator: "\r\n") + "\u{1b}[J")
    }

    func wait(until deadline: ContinuousClock.Instant) -> Wakeup {
        while true {
            if Self.isEnding != 0 { return .quit }
            var entry = pollfd(fd: hasKeys ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0)
            let result = poll(&entry, 1, deadline.millisecondsLeft)
            if result == 0 { return .time }
            if result < 0 { return Self.isEnding != 0 ? .quit : .resize }
            var key: UInt8 = 0
            // The end of its input is the end of the terminal.
            guard read(STDIN_FILENO, &key, 1) == 1, key != UInt8(ascii: "q"), key != UInt8(ascii: "Q")
            else { return .quit }
        }
    }

    private static func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0 && errno != EINTR { return }
            rest = rest.dropFirst(max(0, count))
        }
    }
}
