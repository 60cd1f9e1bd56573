import Foundation
import Subprocess
import SystemPackage

/// Loads libELI in a process of its own: of a file that is cut short, the dynamic loader dies.
enum LibraryProbe {
    /// The hidden command that loads it here, and prints what came of it.
    static let command = "probe-library"

    /// How long it may take. Of a FIFO, the dynamic loader waits for the writer.
    private static let limit = Duration.seconds(10)

    /// - Parameters:
    ///   - name: a path, or a name that the dynamic loader looks up.
    ///   - program: this one.
    static func read(_ name: String, program: String = "/proc/self/exe") async -> LibraryFacts {
        let configuration = Configuration(
            executable: .path(FilePath(program)), arguments: [command, "--", name])
        let facts = await withTaskGroup(of: LibraryFacts?.self) { group in
            group.addTask { await load(name, configuration) }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        return facts ?? .missing("\(name): loading it does not end")
    }

    private static func load(_ name: String, _ configuration: Configuration) async -> LibraryFacts {
        do {
            let result = try await Subprocess.run(
                configuration, output: .string(limit: 1 << 20), error: .discarded)
            guard result.terminationStatus.isSuccess else {
                return .missing("\(name): loading it ends the process (\(result.terminationStatus))")
            }
            return try JSONDecoder().decode(
                LibraryFacts.self, from: Data(result.standardOutput.utf8))
        } catch {
            return .missing("\(name): \(error)")
        }
    }
}
