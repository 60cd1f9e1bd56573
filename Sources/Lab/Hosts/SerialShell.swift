import Foundation

/// A machine has not answered.
struct NoAnswer: Error, CustomStringConvertible {
    let command: String
    let timeout: Duration

    var description: String { "no answer within \(timeout) to: \(command)" }
}

/// Runs commands in an emulated machine through its serial shell (Tests/Lab/host/serialsh).
actor SerialShell {
    /// A command's end.
    struct Answer: Equatable {
        let status: Int
        let output: String
    }

    private let link: SerialLink
    private let transcript: LogFile
    private let start = ContinuousClock.now
    private var sequence = 0
    /// What has come in and isn't a former answer's, without carriage returns.
    private var received = Data()
    /// Where in `received` the current command's output starts, once the shell has accepted it.
    private var outputStart: Int?
    /// Everything before was searched in vain for what comes next.
    private var searched = 0
    private var isLost = false
    private var waiter: CheckedContinuation<Void, Never>?

    init(link: SerialLink, transcript: LogFile) {
        self.link = link
        self.transcript = transcript
    }

    /// Takes in what the machine sends, until it goes away.
    func pump() async {
        for await bytes in link.incoming() {
            received.append(contentsOf: bytes.lazy.filter { $0 != UInt8(ascii: "\r") })
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
        // A machine that is still booting may drop what it is sent, or answer it all later; it is
        // the same command that is sent again.
        if let answer = try await attempt("true", timeout: timeout), answer.status == 0 { return }
        throw LabError("the emulated host did not come up within \(timeout)")
    }

    /// Runs a command.
    ///
    /// - Returns: its exit status and what it printed, without the last line's end.
    /// - Throws: `NoAnswer` if it takes longer than `timeout`, `LabError` if the machine goes away.
    func run(_ command: String, timeout: Duration = .seconds(60)) async throws -> Answer {
        guard let answer = try await attempt(command, timeout: timeout) else {
            throw NoAnswer(command: command, timeout: timeout)
        }
        return answer
    }

    /// - Returns: nil if nothing came back in time.
    private func attempt(_ command: String, timeout: Duration) async throws -> Answer? {
        sequence += 1
        (outputStart, searched) = (nil, 0)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        transcript.write(String(format: "\n>>> %d, %.1f s: %@\n", sequence, seconds, command))
        let line = "\(sequence) \(command.utf8.count) \(command)\n"
        let end = ContinuousClock.now + timeout
        var nextSend = ContinuousClock.now
        while true {
            if let answer = takeAnswer() { return answer }
            if isLost { throw LabError("the emulated host went away during: \(command)") }
            let now = ContinuousClock.now
            if now >= end { return nil }
            if outputStart != nil {
                // An emulated UART may have lost its transmit interrupt: one for input, an empty
                // line, has the driver go on. The shell ignores it.
                let size = received.count
                await waitForInput(until: min(end, now + .seconds(4)))
                if received.count == size { link.send("\n") }
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

    /// Looks for a mark in what has come in since the last look.
    private func find(_ mark: String) -> Range<Int>? {
        let start = max(outputStart ?? 0, searched - mark.utf8.count)
        searched = received.count
        return received.range(of: Data(mark.utf8), in: start..<received.count)
    }

    /// Takes the current command's answer out of what has come in.
    private func takeAnswer() -> Answer? {
        if outputStart == nil {
            guard let accepted = find("\n@@\(sequence) accepted\n") else { return nil }
            outputStart = accepted.upperBound
            searched = accepted.upperBound
        }
        guard let start = outputStart, let mark = find("\n@@\(sequence) ") else { return nil }
        guard let newline = received[mark.upperBound...].firstIndex(of: UInt8(ascii: "\n")),
            let status = Int(String(decoding: received[mark.upperBound..<newline], as: UTF8.self))
        else {
            searched = mark.lowerBound
            return nil
        }
        var output = String(decoding: received[start..<mark.lowerBound], as: UTF8.self)
        if output.hasSuffix("\n") { output.removeLast() }
        received = Data(received[newline...])
        return Answer(status: status, output: output)
    }

    private func waitForInput(until end: ContinuousClock.Instant) async {
        let alarm = Task {
            // Cancelled, it must not wake the next wait.
            try await Task.sleep(until: end, clock: .continuous)
            self.wake()
        }
        await withCheckedContinuation { waiter = $0 }
        alarm.cancel()
    }
}
