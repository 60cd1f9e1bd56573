import ArgumentParser
import Foundation

/// Loads libELI for the doctor, see `LibraryProbe`.
struct ProbeLibraryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: LibraryProbe.command, shouldDisplay: false)

    @Argument var name: String

    func run() throws {
        let facts = try JSONEncoder().encode(LibraryFacts.read(name))
        StandardStreams.print(String(decoding: facts, as: UTF8.self))
    }
}
