/// A fenced block of a page.
struct DocBlock: Equatable, Sendable {
    /// What it is, by the word or words behind its fence; each test knows what to do with its own.
    enum Kind: String, CaseIterable, Sendable {
        /// Shell, in a clone: targets of make and the like, which other tests run.
        case build = "sh build"
        /// Shell, as root on a host.
        case host = "sh host"
        /// The same of commands that go on until they are ended, one a line.
        case endless = "sh host endless"
        /// Shell, on a host: what differs from one to another. A test has its own values.
        case values = "sh host values"
        /// Shell, as root on a host, where our packages are: `make test-deb` runs it.
        case packages = "sh packages"
        /// Shell, as root on a host with our libvirt: `lab test --only libvirt` runs it.
        case libvirt = "sh libvirt"
        /// Shell, as root in the guest.
        case guest = "sh guest"
        /// QEMU's human monitor.
        case monitor = "hmp"
        /// Words of the host kernel's command line.
        case kernel = "cmdline"
        /// Not to be run: what something prints, or has in a file.
        case text = "text"
        case xml = "xml"
        /// XML of a libvirt domain that the commands of `libvirt` are about.
        case domain = "xml domain"
    }

    /// The page, in the clone.
    let page: String
    /// Of its first line of content, from 1.
    let line: Int
    let kind: Kind
    /// Without the fences, each line with its end.
    let text: String

    /// For messages.
    var place: String { "\(page):\(line)" }

    /// Its commands, one a line; those that go on over several lines are joined.
    var commands: [String] {
        text.replacing("\\\n", with: " ").split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("#") }
    }
}
