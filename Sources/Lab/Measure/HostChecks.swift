import Foundation

/// What must hold in each emulated host before anything is measured: KVM's query, and QEMU's
/// answers to people who ask for ELI where it can't run.
struct HostChecks: CheckSuite, Sendable {
    let host: HostSession
    var passed = 0
    var title: String { host.host.name }

    /// Reasons that query-eli must give in this host, and no others.
    private let expectedReasons: [String]
    /// QEMU's -cpu for them.
    private let cpu: String

    private static let withoutNesting = "host,vmx=off,svm=off"

    /// - Parameter hostReasons: the host's own, if any; else the guest's CPU gives one.
    init(host: HostSession, hostReasons: [String]) {
        self.host = host
        let isAble = hostReasons.isEmpty
        expectedReasons = isAble ? ["nested-virtualization"] : hostReasons
        cpu = isAble ? "host" : Self.withoutNesting
    }

    /// - Returns: how many checks passed.
    /// - Throws: `LabError` for the first that doesn't.
    mutating func run() async throws -> Int {
        try await checkKVM()
        try await checkRefusal()
        if host.host.startsQEMUFast {
            try await checkLibraries()
            try await checkQueries()
        }
        return passed
    }

    /// The kvm modules keep to the contract of kvm_eli.h, tried on the real thing.
    private mutating func checkKVM() async throws {
        let answer = try await host.attempt("kvm-query")
        try expect(answer.status == 0, "kvm-query:\n\(answer.output)")
        passed += try ("\n" + (answer.output.split(separator: "\n").last ?? "")).number(after: "\n")
    }

    private func startQEMU(_ accelerator: String) async throws -> SerialShell.Answer {
        try await host.tryQEMU("-accel \(accelerator) -machine q35 -cpu \(cpu) -m 64")
    }

    /// eli=on where it can't run ends QEMU with every reason and remedy, and no others.
    private mutating func checkRefusal() async throws {
        let refused = try await startQEMU("kvm,eli=on")
        try expect(refused.status == 1, "eli=on: status \(refused.status)\n\(refused.output)")
        for (reason, words) in Self.words {
            for text in words {
                try expect(
                    refused.output.contains(text) == expectedReasons.contains(reason),
                    "eli=on on \(reason): '\(text)'?\n\(refused.output)")
            }
        }
    }

    /// Cause and remedy, in part.
    private static let words = [
        "direct-not-built": [
            "direct mode not built into this kvm", "install kvm modules that include direct delivery",
        ],
        "nested-virtualization": [
            "VMX or SVM is exposed to the guest", "hide it from the guest with -cpu",
        ],
        "no-interrupt-remapping": ["does not remap interrupts", "without 'intremap=off'"],
    ]

    /// A library that is missing, cut short, or something else is said so.
    private mutating func checkLibraries() async throws {
        try await host.run("head -c 100000 /lib/libELI.so.1 >/tmp/truncated.so")
        try await host.run("echo nonsense >/tmp/text.so")
        let libraries = [
            "/nonexistent.so", "/tmp/truncated.so", "/tmp/text.so", "/tmp",
            // A good library that isn't ELI's.
            try await host.run("ls /lib/x86_64-linux-gnu/libz.so.1"),
        ]
        for library in libraries {
            let answer = try await startQEMU("kvm,eli=on,eli-lib=\(library)")
            try expect(
                answer.status == 1 && answer.output.contains(library)
                    && answer.output.contains("eli-lib=PATH"),
                "eli-lib=\(library): status \(answer.status)\n\(answer.output)")
        }
    }

    /// eli=off and eli=auto run, and query-eli tells the truth.
    private mutating func checkQueries() async throws {
        for mode in ["off", "auto"] {
            let info = try await query(accelerator: "kvm,eli=\(mode)", cpu: cpu)
            try expect(info["mode"] as? String == mode, "mode of eli=\(mode): \(info)")
            try expect(info["active"] as? Bool == false, "eli=\(mode) is active: \(info)")
            try expect(
                Self.codes(info) == expectedReasons, "reasons of eli=\(mode): \(Self.codes(info))")
        }
        let log = try await host.run("cat /tmp/qemu.log")
        let words = expectedReasons.compactMap { Self.words[$0]?.first }
        try expect(
            words.allSatisfy(log.contains), "eli=auto does not warn: \(log)")
        if expectedReasons == ["nested-virtualization"] {
            let on = try await query(accelerator: "kvm,eli=on", cpu: Self.withoutNesting)
            try expect(Self.codes(on).isEmpty, "reasons of eli=on: \(Self.codes(on))")
            try expect(on["active"] as? Bool == true, "eli=on is not active: \(on)")
        }
        let tcg = try await query(accelerator: "tcg", cpu: "qemu64")
        try expect(
            Self.codes(tcg).contains("accelerator-not-kvm"),
            "accelerator-not-kvm is not among \(Self.codes(tcg))")
    }

    private static func codes(_ info: [String: Any]) -> [String] {
        (info["reasons"] as? [[String: Any]] ?? []).compactMap { $0["code"] as? String }.sorted()
    }

    /// Starts QEMU without a guest, asks query-eli and ends it.
    private func query(accelerator: String, cpu: String) async throws -> [String: Any] {
        let guest = GuestSession(host: host)
        try await guest.launch(
            "qemu-system-x86_64 -L /share -accel \(accelerator) -cpu \(cpu) -machine q35 "
                + "-m 64 -nodefaults -display none -S " + GuestSession.monitorOption())
        let answer: Any
        do {
            answer = try await guest.qmp("query-eli")
        } catch {
            let log = try await host.attempt("cat /tmp/qemu.log").output
            throw LabError("query-eli with -accel \(accelerator): \(error)\n\(log)")
        }
        guard let info = answer as? [String: Any] else {
            throw LabError("query-eli: not an object")
        }
        try await guest.quit()
        return info
    }
}
