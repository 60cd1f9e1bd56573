import Foundation

/// elictl and a guest in direct mode: what it shows, and what it switches.
struct ElictlChecks: CheckSuite, Sendable {
    let title = "elictl"
    let host: HostSession
    /// The file that gets what `top` drew, with the terminal's control sequences.
    let capture: String
    var passed = 0

    init(_ host: HostSession, capture: String) {
        (self.host, self.capture) = (host, capture)
    }

    private static let device = AssignedDevice.nvme
    private static let vcpus = 2
    /// Sockets of monitors for what runs all the time: each serves one client.
    private static let watchSocket = "/tmp/watch.qmp", topSocket = "/tmp/top.qmp"
    /// In microseconds.
    private static let maxLatency = 5000

    private func say(_ what: String) {
        Console.shared.say("\(host.host.name): \(title): \(what)")
    }

    /// - Returns: how many checks passed.
    /// - Throws: `LabError` for the first that doesn't.
    mutating func run() async throws -> Int {
        say("booting a guest")
        let address = try await Self.device.bindToVFIO(on: host)
        let guest = try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                eli: "on", vcpus: Self.vcpus,
                devices: ["-name vm1", "-device vfio-pci,host=\(address),id=disk"]
                    + [Self.watchSocket, Self.topSocket].map {
                        "-qmp unix:\($0),server=on,wait=off"
                    }, modules: [Self.device.rawValue]))
        try await guest.keepBusy(vcpus: Self.vcpus)
        try await guest.waitUntilPlaced(device: "disk")
        try await expectDirect(Self.device, in: guest, vcpus: Self.vcpus)
        try await checkStatus()
        try await startWatching()
        try await checkSwitching(guest)
        try await checkTop(guest)
        try await guest.checkKernelLog()
        try await guest.quit()
        try await checkWatching()
        try await host.checkKernelLog()
        passed += 1
        return passed
    }

    /// elictl, which finds the VM by itself.
    private func elictl(_ arguments: String) async throws -> SerialShell.Answer {
        try await host.attempt("elictl \(arguments) --timeout 60", timeout: .seconds(120))
    }

    private mutating func expect(_ arguments: String, prints texts: String...) async throws {
        let answer = try await elictl(arguments)
        for text in texts {
            try expect(
                answer.status == 0 && answer.output.contains(text),
                "elictl \(arguments) says \(text): \(answer)")
        }
    }

    private mutating func checkStatus() async throws {
        say("status")
        try await expect("status", prints: "active       yes", "disk[", "identity", "placed")
        let answer = try await elictl("status --json")
        let info = try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any]
        let vcpus = info?["vcpus"] as? [[String: Any]] ?? []
        let entries = vcpus.compactMap {
            ($0["counters"] as? [String: Any])?["eli_direct_entries"] as? Int
        }
        try expect(
            answer.status == 0 && entries.count == Self.vcpus && entries.allSatisfy { $0 > 0 },
            "status --json counts direct entries: \(answer)")
    }

    // MARK: Switching

    /// The host's handler has to run for each interrupt.
    private mutating func expectInjected(_ guest: GuestSession) async throws {
        let count = 100
        let before = try await host.handled(by: Self.device.hostIRQ)
        try await host.run(
            Self.device.work(count, vcpus: Self.vcpus), timeout: AssignedDevice.workLimit)
        let handled = try await host.handled(by: Self.device.hostIRQ) - before
        try expect(
            handled >= count * Self.vcpus, "the host handled \(handled) interrupts with ELI off")
    }

    private mutating func checkSwitching(_ guest: GuestSession) async throws {
        say("off, on and set")
        try await expect("off", prints: "ELI is off")
        try await expectInjected(guest)
        try await expect("on", prints: "ELI is on")
        try await guest.waitUntilPlaced()
        try await expectDirect(Self.device, in: guest, vcpus: Self.vcpus)
        try await expect(
            "set --max-latency-us \(Self.maxLatency)", prints: "max latency \(Self.maxLatency) us")
        let state = try await guest.eliState()
        try expect(
            state.text.contains("\"max-latency-us\":\(Self.maxLatency)"), "query-eli: \(state.text)")
        let refused = try await elictl("set --max-latency-us 1")
        try expect(refused.status == 2, "a latency that is too low: \(refused)")
    }

    // MARK: Watching

    /// Switches until it is seen: what happens before elictl is connected is not.
    private mutating func startWatching() async throws {
        say("watch")
        try await host.run(
            "elictl watch --qmp \(Self.watchSocket) --timeout 60 >/tmp/watch.log 2>&1 & watch=$!")
        for _ in 0..<20 where !(try await host.run("cat /tmp/watch.log").contains("ELI_STATE_CHANGED")) {
            try await expect("off", prints: "ELI is off")
            try await expect("on", prints: "ELI is on")
        }
    }

    private mutating func checkWatching() async throws {
        try await host.run("while [ -d /proc/$watch ]; do usleep 10000; done")
        let log = try await host.run("cat /tmp/watch.log")
        let lines = log.split(separator: "\n")
        for change in ["off (command)", "on (command)"] {
            try expect(
                lines.contains { $0.hasSuffix("Z ELI_STATE_CHANGED \(change)") },
                "watch tells of \(change): \(log)")
        }
        try expect(
            lines.last == "the VM of socket \(Self.watchSocket) has ended", "watch ends: \(log)")
    }

    // MARK: Top

    /// In a terminal, while ELI is switched; then into a pipe.
    private mutating func checkTop(_ guest: GuestSession) async throws {
        say("top")
        try await Self.device.startWork(in: guest, vcpus: Self.vcpus)
        try await host.run(
            "mkdir -p /dev/pts && { [ -e /dev/pts/ptmx ] || mount -t devpts devpts /dev/pts; } && "
                + "mkfifo /tmp/keys")
        let top = "stty cols 130 rows 24; elictl top --qmp \(Self.topSocket) --timeout 60"
        try await host.run(
            "script -q -f -c '\(top)' /tmp/top.capture </tmp/keys >/dev/null 2>&1 & top=$!; "
                + "exec 9>/tmp/keys; seen=1")
        try await waitForTop("ELI on")
        for (command, title) in [("off", "ELI off"), ("on", "ELI on")] {
            try await host.run("seen=$(wc -c </tmp/top.capture)")
            try await expect(command, prints: "ELI is \(command)")
            try await waitForTop(title)
        }
        try await guest.waitUntilPlaced()
        try await host.run("seen=$(wc -c </tmp/top.capture)")
        try await waitForTop("direct  *[0-9]")
        try await host.run("echo q >&9; while [ -d /proc/$top ]; do usleep 10000; done; exec 9>&-")
        let text = try await host.run("cat /tmp/top.capture", timeout: .seconds(120))
        try checkCapture(text)
        try await checkPiped()
        try await Self.device.stopWork(in: guest)
    }

    /// Waits until a pattern is drawn that was not there before.
    private func waitForTop(_ pattern: String) async throws {
        try await host.run(
            "until tail -c +$seen /tmp/top.capture | grep -q '\(pattern)'; do "
                + "[ -d /proc/$top ] || { cat /tmp/top.capture; false; break; }; usleep 100000; done",
            timeout: .seconds(90))
    }

    private mutating func checkCapture(_ text: String) throws {
        try text.write(toFile: capture, atomically: true, encoding: .utf8)
        // A screen of its own, without a cursor, and both as before at the end.
        let begin = text.range(of: "\u{1b}[?1049h\u{1b}[?25l")
        let end = text.range(of: "\u{1b}[?25h\u{1b}[?1049l", options: .backwards)
        guard let begin, let end, begin.upperBound < end.lowerBound else {
            throw LabError("\(title): top leaves the terminal as it was: \(text)")
        }
        passed += 1
        let frames = text[begin.upperBound..<end.lowerBound].components(separatedBy: "\u{1b}[H")
            .filter { $0.contains("max latency") }
        try expect(frames.count > 3, "top draws again and again: \(frames.count)")
        // With ELI off no interrupt is placed.
        try expect(
            frames.allSatisfy {
                $0.contains("direct %") && $0.contains("ELI on") == $0.contains("disk[")
            }, "each drawing has all: \(frames)")
    }

    private mutating func checkPiped() async throws {
        // The serial shell's output is a terminal, too.
        let answer = try await host.attempt(
            "elictl top -n 2 -i 0.5 --qmp \(Self.topSocket) --timeout 60 | cat",
            timeout: .seconds(120))
        try expect(
            answer.status == 0 && answer.output.components(separatedBy: "ELI on").count == 3
                && !answer.output.contains("\u{1b}"), "two tables, no control sequences: \(answer)")
    }
}
