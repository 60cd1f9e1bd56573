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
        let line = "\(sequence) \(command.utf8.count) \(command)\n"
        let end = ContinuousClock.now + timeout
        var nextSend = ContinuousClock.now
        while true {
            if let answer = takeAnswer() { return answer }
            if isLost { throw LabError("the emulated host went away during: \(command)") }
            let now = ContinuousClock.now
            if now >= end { return nil }
            if isAccepted {
                await waitForInput(until: end)
            } else {
                // An emulated UART may have lost a part of it.
                if now >= nextSend {
                    try await send(line)
                    nextSend = ContinuousClock.now + .seconds(4)
                }
                await waitForInput(until: min(end, nextSend))
            }
        }
    }

    /// Sends a line in pieces that a UART's FIFO holds.
    private func send(_ line: String) async throws {
        var bytes = Substring(line)
        while !bytes.isEmpty {
            link.send(String(bytes.prefix(16)))
            bytes = bytes.dropFirst(16)
            if !bytes.isEmpty { try await Task.sleep(for: .milliseconds(4)) }
        }
    }

    private var acceptance: String { "\n@@\(sequence) accepted\n" }

    private var text: String {
        String(decoding: received, as: UTF8.self).replacingOccurrences(of: "\r", with: "")
    }

    /// Whether the shell runs, or has run, the current command.
    private var isAccepted: Bool { text.contains(acceptance) }

    /// Takes the current command's answer out of what has come in.
    private func takeAnswer() -> Answer? {
        let text = self.text
        guard let start = text.range(of: acceptance) else { return nil }
        let rest = text[start.upperBound...]
        guard let mark = rest.range(of: "\n@@\(sequence) "),
            let newline = rest[mark.upperBound...].firstIndex(of: "\n"),
            let status = Int(rest[mark.upperBound..<newline])
        else { return nil }
        received = Array(rest[newline...].utf8)
        var output = rest[..<mark.lowerBound]
        if output.hasSuffix("\n") { output.removeLast() }
        return Answer(status: status, output: String(output))
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
