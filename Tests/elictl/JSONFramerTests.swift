import Testing

@testable import elictl

struct JSONFramerTests {
    @Test func aMessageEndsWhereItsBracesDo() throws {
        let stream = Array("{\"a\":[{}]} \r\n{\"b\":\"}\\\"{\"}\t{}".utf8)
        // Cut at each place, the messages are the same.
        for cut in 0...stream.count {
            var framer = JSONFramer()
            let messages = try framer.append(Array(stream[..<cut]))
                + framer.append(Array(stream[cut...]))
            #expect(
                messages.map { String(decoding: $0, as: UTF8.self) } == [
                    "{\"a\":[{}]}", "{\"b\":\"}\\\"{\"}", "{}",
                ])
        }
    }

    @Test func whatBeginsNoMessageIsGarbage() {
        var framer = JSONFramer()
        #expect(throws: JSONFramer.Failure.garbage(Array("login: ".utf8))) {
            try framer.append(Array("{}\nlogin: ".utf8))
        }
    }

    @Test func aMessageWithoutEndIsCutOff() throws {
        var framer = JSONFramer(limit: 8)
        #expect(try framer.append(Array("{\"a\":\"".utf8)).isEmpty)
        #expect(throws: JSONFramer.Failure.tooLong) { try framer.append(Array("aaaaaa".utf8)) }
    }
}
