import Foundation
import Subprocess
import SystemPackage

/// Runs one program to its end, with its output in a log.
struct Command: Sendable {
    var program: String
    var arguments: [String]
    var folder: String? = nil
    var environment: [String: String] = [:]
    /// Run at lower priority, so that the machine stays usable: for builds.
    var isNice = false

    init(_ program: String, _ arguments: [String], in folder: String? = nil,
         environment: [String: String] = [:], isNice: Bool = false) {
        self.program = program
        self.arguments = arguments
        self.folder = folder
        self.environment = environment
        self.isNice = isNice
    }

    var configuration: Subprocess.Configuration {
        let words = isNice ? ["nice", "-n", "5", program] + arguments : [program] + arguments
        let updates = environment.map { (Environment.Key(rawValue: $0.key)!, Optional($0.value)) }
        return Configuration(
            executable: words[0].contains("/") ? .path(FilePath(words[0])) : .name(words[0]),
            arguments: Arguments(Array(words.dropFirst())),
            environment: .inherit.updating(Dictionary(uniqueKeysWithValues: updates)),
            workingDirectory: folder.map { FilePath($0) })
    }

    /// Runs it, showing `title` and what `progress` makes of its last line.
    ///
    /// - Parameters:
    ///   - log: file that gets everything it prints; appended to.
    ///   - progress: what to show for a line of output, nil to show nothing new.
    /// - Throws: `LabError` with the end of the log if it fails.
    func run(
        _ title: String, log: String,
        progress: @Sendable (String) -> String? = Command.lastLine
    ) async throws {
        Console.shared.progress(title)
        let sink = try LogFile(log)
        sink.write("$ \(program) \(arguments.joined(separator: " "))\n")
        let result = try await Subprocess.run(
            configuration, input: .none, output: .sequence, error: .combinedWithOutput
        ) { execution in
            for try await line in execution.standardOutput.strings() {
                sink.write(line.hasSuffix("\n") ? line : line + "\n")
                if let shown = progress(line) {
                    Console.shared.progress("\(title): \(shown)")
                }
            }
        }
        guard result.terminationStatus.isSuccess else {
            let tail = sink.tail(lines: 30)
            throw LabError("\(title) failed (\(result.terminationStatus)); end of \(log):\n\(tail)")
        }
    }

    /// Runs it and returns its standard output.
    ///
    /// - Throws: `LabError` with its standard error if it fails.
    func output(input: String = "") async throws -> String {
        let result = try await Subprocess.run(
            configuration, input: .string(input), output: .string(limit: 64 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw LabError(
                "\(program) \(arguments.joined(separator: " ")) failed "
                    + "(\(result.terminationStatus)): \(result.standardError)")
        }
        return result.standardOutput
    }

    /// Shows a line as it is, less the white space around it.
    static let lastLine: @Sendable (String) -> String? = { line in
        let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? nil : text
    }
}
