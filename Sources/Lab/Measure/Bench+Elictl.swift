extension Bench {
    /// Tests elictl on an emulated host: the doctor's verdicts in a boot with x2APIC mode and in one
    /// without, and on the AMD host a guest in direct mode.
    func checkElictl(on host: any LabHost) async throws {
        var passed = try await boot(host, "elictl") { session in
            var doctor = DoctorChecks(session)
            let passed = try await doctor.run()
            guard host is AMDHost else { return passed }
            return try await GuestSession.withPostMortem(on: session) {
                var checks = ElictlChecks(session, capture: lab.paths.lab + "/elictl-top.txt")
                return try await checks.run() + passed
            }
        }
        passed += try await boot(Self.withoutX2APIC(host), "elictl-no-x2apic") { session in
            var doctor = DoctorChecks(session)
            return try await doctor.runWithoutX2APIC()
        }
        Console.shared.say("\(host.name): \(passed) checks of elictl passed")
    }

    private func boot(
        _ host: any LabHost, _ purpose: String,
        _ body: @escaping @Sendable (HostSession) async throws -> Int
    ) async throws -> Int {
        try await host.boot(
            image: image, lab: lab, limit: .seconds(1800), purpose: purpose, body: body)
    }

    /// The same host with its local APICs in xAPIC mode.
    private static func withoutX2APIC(_ host: any LabHost) throws -> any LabHost {
        if var amd = host as? AMDHost {
            amd.kernelArguments += " nox2apic"
            return amd
        }
        guard var intel = host as? IntelHost else {
            throw LabError("\(host.name) can't be booted without x2APIC mode")
        }
        intel.kernelArguments += " nox2apic"
        return intel
    }
}
