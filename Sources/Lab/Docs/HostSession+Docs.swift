/// What pages have people run on a host.
extension HostSession {
    private static let scriptFile = "/tmp/script"

    /// Runs a block as a shell script whose first failure ends it.
    ///
    /// - Parameters:
    ///   - script: the block's text, or what the test makes of it.
    ///   - preamble: a command before it.
    ///   - transcript: gets what it prints.
    /// - Returns: that.
    /// - Throws: `LabError` with that and the block's place if the script fails.
    @discardableResult
    func run(
        _ script: String, of block: DocBlock, after preamble: String = "true",
        transcript: LogFile
    ) async throws -> String {
        try await write(script, to: Self.scriptFile)
        let answer = try await attempt(
            "sh -ec '\(preamble); . \(Self.scriptFile)'", timeout: .seconds(300))
        transcript.write("=>\n\(answer.output)\n")
        guard answer.status == 0 else {
            throw LabError("\(block.place): exit status \(answer.status)\n\(answer.output)")
        }
        return answer.output
    }

    /// Writes a text to a file.
    func write(_ text: String, to file: String) async throws {
        try await run(Self.command(writing: text, to: file))
    }

    /// A command of one line, as a serial shell wants it, that writes a text to a file.
    static func command(writing text: String, to file: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return "printf %b \(HostSession.quote(escaped)) >\(file)"
    }
}
