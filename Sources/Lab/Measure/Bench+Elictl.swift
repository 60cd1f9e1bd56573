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
        var withoutX2APIC = host
        withoutX2APIC.kernelArguments += " nox2apic"
        passed += try await boot(withoutX2APIC, "elictl-no-x2apic") { session in
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
}
