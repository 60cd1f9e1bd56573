import Foundation

/// Runs commands in an emulated machine through its serial shell (Tests/Lab/host/serialsh).
actor SerialShell {
    /// A command's end.
    struct Answer: Equatable {
        let status: Int
        let output: String
    }

    private let link: SerialLink
    private let transcript: LogFile
    private var sequence = 0
    private var received: [UInt8] = []
    private var isLost = false
    private var waiter: CheckedContinuation<Void, Never>?

    init(link: SerialLink, transcript: LogFile) {
        self.link = link
        self.transcript = transcript
    }

    /// Takes in what the machine sends, until it goes away.
    func pump() async {
        for await bytes in link.incoming() {
            received += bytes
            transcript.write(String(decoding: bytes, as: UTF8.self))
            wake()
        }
        isLost = true
        wake()
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }

    /// Waits until the shell answers at all.
    func waitUntilReady(timeout: Duration) async throws {
        let end = ContinuousClock.now + timeout
        while ContinuousClock.now < end {
            // A machine that is still booting drops what it is sent: ask again.
            if let answer = try await attempt("true", timeout: .seconds(1)), answer.status == 0 {
                return
            }
        }
        throw LabError("the emulated host did not come up within \(timeout)")
    }

    /// Runs a command.
    ///
    /// - Returns: its exit status and what it printed, without the last line's end.
    /// - Throws: `LabError` if it takes longer than `timeout` or the machine goes away.
    func run(_ command: String, timeout: Duration = .seconds(60)) async throws -> Answer {
        guard let answer = try await attempt(command, timeout: timeout) else {
            throw LabError("no answer within \(timeout) to: \(command)")
        }
        return answer
    }

    /// - Returns: nil if nothing came back in time.
    private func attempt(_ command: String, timeout: Duration) async throws -> Answer? {
        sequence += 1
        transcript.write("\n>>> \(sequence) \(command)\n")
        link.send("\(sequence) \(command)\n")
        let end = ContinuousClock.now + timeout
        while true {
            if let answer = takeAnswer() { return answer }
            if isLost { throw LabError("the emulated host went away during: \(command)") }
            if ContinuousClock.now >= end { return nil }
            await waitForInput(until: end)
        }
    }

    /// Takes the current command's answer out of what has come in.
    private func takeAnswer() -> Answer? {
        let text = String(decoding: received, as: UTF8.self)
            .replacingOccurrences(of: "\r", with: "")
        guard let mark = text.range(of: "\n@@\(sequence) "),
            let newline = text[mark.upperBound...].firstIndex(of: "\n"),
            let status = Int(text[mark.upperBound..<newline])
        else { return nil }
        received = Array(text[text.index(after: newline)...].utf8)
        // Answers to earlier attempts may stand before it.
        let lines = text[..<mark.lowerBound].split(
            separator: "\n", omittingEmptySubsequences: false)
        let start = lines.lastIndex { $0.hasPrefix("@@") }.map { $0 + 1 } ?? 0
        let end = lines.last == "" && lines.count > start ? lines.count - 1 : lines.count
        return Answer(status: status, output: lines[start..<end].joined(separator: "\n"))
    }

    private func waitForInput(until end: ContinuousClock.Instant) async {
        let alarm = Task {
            try? await Task.sleep(until: end, clock: .continuous)
            self.wake()
        }
        await withCheckedContinuation { waiter = $0 }
        alarm.cancel()
    }
}
