import Foundation

/// A command for QEMU.
struct QMPRequest: Encodable {
    private enum CodingKeys: String, CodingKey {
        case execute, arguments, id
    }

    let execute: String
    var arguments: (any Encodable)?
    /// Comes back in the answer.
    var id: Int?

    init(_ execute: String, _ arguments: (any Encodable)? = nil) {
        self.execute = execute
        self.arguments = arguments
    }

    func encode(to encoder: any Encoder) throws {
        var request = encoder.container(keyedBy: CodingKeys.self)
        try request.encode(execute, forKey: .execute)
        if let arguments { try request.encode(arguments, forKey: .arguments) }
        try request.encodeIfPresent(id, forKey: .id)
    }

    /// One line of JSON.
    func line() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
