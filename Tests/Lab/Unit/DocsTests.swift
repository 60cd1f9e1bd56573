import Foundation
import Testing

@testable import Lab

/// The pages keep to what is there: targets, options, reasons, other pages.
struct DocsTests {
    /// The clone.
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    private static func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
    }

    private static func pages() throws -> [DocPage] { try DocPage.all(in: root) }

    private static func page(_ path: String) throws -> DocPage {
        try #require(pages().first { $0.path == path })
    }

    // MARK: The parser

    @Test func aBlockIsWhatItsFenceSays() throws {
        let page = try DocPage(
            path: "p.md", text: "a `b\nc` d\n```sh host\nx \\\n  y\n# z\n```\n[e](f.md#g) [h](https://i)\n")
        #expect(
            page.blocks == [DocBlock(page: "p.md", line: 4, kind: .host, text: "x \\\n  y\n# z\n")])
        #expect(page.blocks[0].commands == ["x    y"])
        #expect(page.codeSpans == ["b c"])
        #expect(page.links == ["f.md"])
    }

    @Test(arguments: ["```\nx\n```", "```sh\nx\n```", "```sh host\nx"])
    func aBlockThatDoesNotSayWhatItIsIsRefused(text: String) {
        #expect(throws: LabError.self) { try DocPage(path: "p.md", text: text) }
    }

    @Test func rowsAreThoseOfTheTableAskedFor() throws {
        let page = try DocPage(
            path: "p.md", text: "| a | b |\n|---|---|\n| 1 | 2 |\n\n| c |\n|---|\n| 3 |\n")
        #expect(page.rows(headed: "a") == [["1", "2"]])
        #expect(page.rows(headed: "c") == [["3"]])
    }

    @Test func variablesAreThoseThatAreSet() {
        #expect(DocsChecks.variables("a=b c=d\nset -- e\necho f=g\nif x\n") == ["a", "--"])
    }

    @Test func aDomainOfAPageRunsInAnEmulatedHost() throws {
        let domain = try LibvirtDomain(Self.page("docs/libvirt.md"))
        let host = AMDHost(qemu: "")
        let text = domain.text(on: host, device: "0000:02:03.4")
        #expect(text.contains("<address domain='0x0000' bus='0x02' slot='0x03' function='0x4'/>"))
        #expect(text.contains("maxLatency='\(host.maxLatency)'"))
        #expect(text.contains("<emulator>\(LibvirtDomain.emulator)</emulator>"))
        #expect(text.contains("<kernel>\(GuestSession.kernel)</kernel>"))
        let other = domain.text(on: host, maxLatency: 10)
        #expect(!other.contains("hostdev") && other.contains("maxLatency='10'"))
    }

    @Test(arguments: ["```xml\n<domain/>\n```", "```xml domain\n<domain/>\n```"])
    func aPageWithoutADomainToRunIsRefused(text: String) throws {
        let page = try DocPage(path: "p.md", text: text)
        #expect(throws: LabError.self) { try LibvirtDomain(page) }
    }

    // MARK: The pages

    /// The test of libvirt runs those of its page, and of no other.
    @Test func commandsOfALibvirtDomainAreOnItsPage() throws {
        let pages = try Self.pages().filter { $0.blocks.contains { $0.kind == .libvirt } }
        #expect(pages.map(\.path) == ["docs/libvirt.md"])
    }

    @Test func linksLeadSomewhere() throws {
        for page in try Self.pages() {
            let folder = (page.path as NSString).deletingLastPathComponent
            for link in page.links {
                let target = "\(Self.root)/\(folder)/\(link)"
                #expect(
                    FileManager.default.fileExists(atPath: target), "\(page.path) links to \(link)")
            }
        }
    }

    /// What is said between backquotes to be run is something that there is.
    @Test func commandsInTheTextExist() throws {
        for page in try Self.pages() {
            for span in page.codeSpans { try Self.check(span, of: page.path) }
        }
    }

    @Test func commandsOfAClonesBlocksExist() throws {
        for page in try Self.pages() {
            for block in page.blocks where block.kind == .build {
                for command in block.commands {
                    let isKnown = try Self.check(command, of: block.place)
                    #expect(isKnown, "\(block.place): nothing tests \(command)")
                }
            }
        }
    }

    /// What is installed or removed is what gets built.
    @Test func packagesExist() throws {
        let control = try Self.text("Packaging/debian/control").split(separator: "\n")
        let names = Set(control.filter { $0.hasPrefix("Package: ") }.map { String($0.dropFirst(9)) })
        let blocks = try Self.pages().flatMap(\.blocks).filter { $0.kind == .packages }
        for block in blocks {
            for command in block.commands {
                let words = command.split(separator: " ").map(String.init)
                #expect(words.first == "apt", "\(block.place): \(command)")
                // Files of ours are named by patterns; other packages are Debian's.
                let isInstalled = words.contains("install")
                let own = words.dropFirst(2).filter { isInstalled ? $0.hasPrefix("./") : !$0.hasPrefix("-") }
                    .map { $0.replacing("./", with: "").replacing("_*.deb", with: "") }
                #expect(!own.isEmpty && Set(own).isSubset(of: names), "\(block.place): \(own)")
            }
        }
        #expect(!blocks.isEmpty)
    }

    /// Checks a command that is run in a clone.
    ///
    /// - Returns: whether it is one.
    @discardableResult
    private static func check(_ command: String, of place: String) throws -> Bool {
        let line = command.split(separator: "#")[0]
        var words = line.split(separator: " ").map(String.init)
        while let first = words.first, first.contains("="), !first.hasPrefix("-") {
            words.removeFirst()
        }
        guard let program = words.first else { return false }
        switch program {
        case "make":
            let targets = try makeTargets()
            for word in words.dropFirst() where !word.contains("=") {
                #expect(targets.contains(word), "\(place): make has no target \(word)")
            }
        case ".build/debug/lab":
            let arguments = Array(words.dropFirst())
            #expect(throws: Never.self, "\(place): \(command)") {
                _ = try Lab.parseAsRoot(arguments)
            }
        case "swift" where words.dropFirst().first == "test":
            if let filter = words.firstIndex(of: "--filter"), filter + 1 < words.count {
                let name = words[filter + 1]
                let isThere = try swiftTests().contains(name)
                #expect(isThere, "\(place): no test is called \(name)")
            }
        case "swift" where words.dropFirst().first == "build":
            if let product = words.firstIndex(of: "--product"), product + 1 < words.count {
                let package = try text("Package.swift")
                #expect(package.contains("name: \"\(words[product + 1])\""), "\(place): \(command)")
            }
        case "elictl":
            guard words.count > 1 else { return false }
            let isThere = try elictlCommands().contains("commandName: \"\(words[1])\"")
            #expect(isThere, "\(place): elictl has no command \(words[1])")
        default: return false
        }
        return true
    }

    private static func elictlCommands() throws -> String {
        let folder = "Sources/elictl/Commands"
        return try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")
            .map { try text("\(folder)/\($0)") }.joined()
    }

    private static func makeTargets() throws -> Set<String> {
        let makefile = try text("Makefile").split(separator: "\n")
        return Set(makefile.compactMap { line in
            guard let colon = line.firstIndex(of: ":"), line.first?.isLetter == true,
                line[colon...].dropFirst().first != "="
            else { return nil }
            return String(line[..<colon])
        })
    }

    /// Names of all tests' files and folders, and what they hold.
    private static func swiftTests() throws -> String {
        let files = FileManager.default.enumerator(atPath: root + "/Tests")
        var all = try text("Package.swift")
        for case let name as String in files ?? .init() where name.hasSuffix("Tests.swift")
            || name.hasSuffix("Properties.swift") || name.hasSuffix("Litmus.swift") {
            all += try text("Tests/" + name)
        }
        return all
    }

    // MARK: Reasons

    /// Codes with what is said and what to do, of C or Swift.
    private static func reasons(_ source: String) -> [(code: String, message: String, remedy: String)] {
        // Adjacent literals are one.
        let joined = source.replacing(/"\s+"/, with: "")
        return joined.matches(of: /[({,]\s*"([a-z0-9-]+)",\s*"([^"]+)",\s*"([^"]+)"\s*[,)}]/).map {
            (String($0.1), String($0.2), String($0.3))
        }
    }

    private func expect(
        _ rows: [[String]], are sources: [(code: String, message: String, remedy: String)]
    ) {
        let documented = rows.map { $0[0].replacing("`", with: "") }
        #expect(documented.count == Set(documented).count)
        #expect(Set(documented) == Set(sources.map(\.code)))
        for row in rows {
            let code = row[0].replacing("`", with: "")
            let own = sources.filter { $0.code == code }
            #expect(own.contains { $0.remedy == row[2] }, "\(code): \(row[2])")
            // Of one that says something of its own each time, the page has the gist.
            #expect(
                own.contains { $0.message == row[1] || $0.message.contains("%") }, "\(code): \(row[1])")
        }
    }

    @Test func thePageHasEachReasonOfAVM() throws {
        expect(
            try Self.page("docs/direct-mode.md").rows(headed: "reason"),
            are: Self.reasons(try Self.text("Include/eli_reasons.h")))
    }

    @Test func thePageHasEachReasonOfAnInterrupt() throws {
        let folder = "qemu-patches/qemu"
        let patches = try FileManager.default.contentsOfDirectory(atPath: "\(Self.root)/\(folder)")
        var sources = Self.reasons(try Self.text("Sources/Interrupts/Plan/PlanRefusal.swift"))
        for patch in patches.filter({ $0.hasSuffix(".patch") }).sorted() {
            let added = try Self.text("\(folder)/\(patch)").split(separator: "\n")
                .filter { $0.hasPrefix("+") }.map { $0.dropFirst() }.joined(separator: "\n")
                .replacing(/"\s+"/, with: "")
            for match in added.matches(
                of: /eli_reason_new\("([a-z-]+)",\s*"([^"]+)",\s*"([^"]+)"/
            ) {
                sources.append((String(match.1), String(match.3), String(match.2)))
            }
        }
        expect(try Self.page("docs/direct-mode.md").rows(headed: "code"), are: sources)
    }

    @Test func thePageHasEachThingThatAVCPUWaitsFor() throws {
        let patch = try Self.text(
            "qemu-patches/qemu/0013-target-i386-kvm-show-vCPUs-and-routes-in-query-eli.patch")
        let list = try #require(patch.firstMatch(of: /'enum': 'EliWait',\s*\+\s*'data': \[([^\]]+)\]/)).1
        let words = list.matches(of: /'([a-z-]+)'/).map { String($0.1) }
        let rows = try Self.page("docs/direct-mode.md").rows(headed: "waits for")
        #expect(rows.map { $0[0].replacing("`", with: "") } == words)
    }

    @Test func theManualPageIsThatOfTheAccelerator() throws {
        let manual = try ManualPage(path: ManualPage.options, in: Self.root)
        #expect(Set(manual.documentedOptions) == ["eli", "eli-lib", "eli-max-latency-us"])
    }
}
