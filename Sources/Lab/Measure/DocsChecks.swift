import Foundation

/// Runs what the pages have people run on a host and in its guest, page by page, on the AMD host.
struct DocsChecks: CheckSuite, Sendable {
    let title = "documentation"
    let host: HostSession
    let pages: [DocPage]
    let manual: ManualPage
    /// What `--only docs` leaves of what was printed, to copy from.
    let transcript: LogFile
    var passed = 0
    /// Whether the guest has answered since QEMU was started last.
    private var isGuestReady = false

    init(_ host: HostSession, pages: [DocPage], manual: ManualPage, transcript: LogFile) {
        (self.host, self.pages) = (host, pages)
        (self.manual, self.transcript) = (manual, transcript)
    }

    /// The monitor of the VM that pages start.
    private static let monitor = "/run/vm1.qmp"
    /// How long a command that doesn't end by itself goes on, in seconds.
    private static let endless = 8
    private static let kinds: Set<DocBlock.Kind> = [.host, .endless, .values, .guest, .monitor, .kernel]

    /// - Returns: how many blocks were run.
    /// - Throws: `LabError` for the first that fails.
    mutating func run() async throws -> Int {
        try await prepare()
        for page in pages {
            let blocks = page.blocks.filter { Self.kinds.contains($0.kind) }
            guard !blocks.isEmpty else { continue }
            Console.shared.say("\(host.host.name): \(page.path)")
            for block in blocks { try await run(block) }
        }
        try await checkManual()
        try await host.run("kill $(pidof qemu-system-x86_64); while pidof qemu-system-x86_64; do usleep 100000; done")
        try await host.checkKernelLog()
        passed += 1
        return passed
    }

    /// What a host has and this one hasn't: QEMU's firmware where it looks for it, mounts.
    private func prepare() async throws {
        try await host.run(
            "mkdir -p /usr/share /run && ln -s /share /usr/share/qemu && "
                + "mkdir -p /dev/hugepages && mount -t hugetlbfs none /dev/hugepages")
    }

    /// Values of this host's for variables that pages set, as a script.
    private func values() async throws -> String {
        let address = try await AssignedDevice.nvme.pciAddress(on: host)
        // The guest answers to labctl, and is none of the pages'.
        return """
            device=\(address)
            set -- -nodefaults \(GuestSession.kernelOptions("mitigations=off"))

            """
    }

    private mutating func run(_ block: DocBlock) async throws {
        transcript.write("\n\(block.place) (\(block.kind.rawValue))\n\(block.text)")
        switch block.kind {
        case .values:
            let own = try await values()
            for name in Self.variables(block.text) {
                try expect(
                    Self.variables(own).contains(name),
                    "\(block.place): the test has no value for \(name)")
            }
            try await host.write(own, to: Self.valuesFile)
        case .host:
            try await succeed(block.text, block)
            // Each QEMU that is started boots another guest.
            if block.text.contains("qemu-system-x86_64") { isGuestReady = false }
        case .endless:
            for command in block.commands {
                try await succeed(
                    "timeout -s INT -k 5 \(Self.endless) \(command) || [ $? -gt 128 ]", block)
            }
        case .guest:
            let guest = GuestSession(host: host)
            if !isGuestReady {
                try await guest.waitUntilReady(
                    [AssignedDevice.nvme.rawValue], timeout: GuestSession.bootLimit)
                isGuestReady = true
            }
            let write = HostSession.command(writing: block.text, to: Self.blockFile)
            let output = try await guest.run(
                "\(write) && sh -e \(Self.blockFile)", timeout: .seconds(300))
            transcript.write("=>\n\(output)\n")
        case .monitor:
            for command in block.commands {
                let output = try await host.qmp(
                    "human-monitor-command", GuestSession.arguments(ofHuman: command),
                    monitor: Self.monitor)
                transcript.write("=>\n\(output)\n")
                // What it refuses, it says in its output.
                try expect(
                    !["Error", "unknown command"].contains { "\(output)".contains($0) },
                    "\(block.place): \(output)")
            }
        case .kernel:
            let line = try await host.run("cat /proc/cmdline").split(separator: " ")
            for word in block.text.split(whereSeparator: \.isWhitespace) {
                try expect(line.contains(word), "\(block.place): the host was booted with \(word)")
            }
        case .build, .packages, .libvirt, .text, .xml, .domain: return
        }
        passed += 1
    }

    private static let valuesFile = "/tmp/values", blockFile = "/tmp/block"

    /// Runs a block as a shell script whose first failure ends it.
    private func succeed(_ script: String, _ block: DocBlock) async throws {
        try await host.run(
            script, of: block, after: "[ ! -e \(Self.valuesFile) ] || . \(Self.valuesFile)",
            transcript: transcript)
    }

    /// The names that a script gives values; "--" for those of `set --`.
    static func variables(_ script: String) -> [String] {
        script.split(separator: "\n").compactMap { line in
            if line.hasPrefix("set -- ") { return "--" }
            let name = line.prefix { $0 == "_" || $0.isLetter || $0.isNumber }
            return name.isEmpty || line.dropFirst(name.count).first != "=" ? nil : String(name)
        }
    }

    /// The manual page of the accelerator's options has all that QEMU has, and no others.
    private mutating func checkManual() async throws {
        let socket = "/tmp/properties.qmp"
        try await host.startQEMU(
            "qemu-system-x86_64 -machine none -accel kvm -display none -qmp unix:\(socket),server=on,wait=off",
            as: "properties", sockets: [socket])
        let answer = try await host.qmp(
            "qom-list-properties", "{\"typename\": \"kvm-accel\"}", monitor: socket)
        let names = (answer as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
            .filter { $0 == "eli" || $0.hasPrefix("eli-") }
        let manual = manual
        try expect(
            Set(names) == Set(manual.documentedOptions),
            "QEMU has \(names), \(manual.path) \(manual.documentedOptions)")
        _ = try await host.qmp("quit", monitor: socket)
    }
}
