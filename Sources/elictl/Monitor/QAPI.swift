import Foundation

/// How QEMU's types are written in JSON.
enum QAPI {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
    private struct Reply<Result: Decodable>: Decodable {
        let `return`: Result
    }
    private struct Event<Fields: Decodable>: Decodable {
        let data: Fields
    }

    /// Reads `max-latency-us` into a property `maxLatencyUs`.
    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in
            let words = path[path.count - 1].stringValue.split(separator: "-")
            let rest = words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
            return Key(stringValue: (words.prefix(1).map(String.init) + rest).joined())
        }
        return decoder
    }

    /// - Parameter reply: a whole answer.
    /// - Returns: what its "return" holds.
    static func result<Result: Decodable>(of reply: Data, as type: Result.Type) throws -> Result {
        try decoder.decode(Reply<Result>.self, from: reply).return
    }

    /// - Parameter event: a whole event.
    /// - Returns: what its "data" holds.
    static func fields<Fields: Decodable>(of event: Data, as type: Fields.Type) throws -> Fields {
        try decoder.decode(Event<Fields>.self, from: event).data
    }
}
