/// Checks one after the other, the first that fails ends them.
protocol CheckSuite {
    /// What is checked, for messages.
    var title: String { get }
    /// How many have passed.
    var passed: Int { get set }
}

/// Checks in the AMD host, with known content on its nvme and in a server's file.
protocol ContentChecks: CheckSuite, Sendable {
    var content: SoakContent { get }

    /// - Returns: how many checks passed.
    /// - Throws: `LabError` for the first that doesn't.
    mutating func run() async throws -> Int
}

extension ContentChecks {
    /// All data of the guest's nvme are right.
    mutating func expectContent(
        of guest: GuestSession, timeout: Duration = .seconds(120)
    ) async throws {
        let sum = try await guest.run("\(AssignedDevice.readContent) | md5sum", timeout: timeout)
        try expect(sum.contains(content.diskSum), "the disk's checksum is \(sum)")
    }

    /// The guest downloads the file, and its data are right.
    mutating func expectDownload(by guest: GuestSession) async throws {
        let sum = try await guest.run("\(content.download) | md5sum", timeout: .seconds(300))
        try expect(sum.contains(content.fileSum), "the download's checksum is \(sum)")
    }

    /// All data of the guest's nvme are right, and its interrupts direct.
    ///
    /// - Parameter device: QEMU's ID of the nvme.
    mutating func expectDisk(
        _ device: String, in guest: GuestSession, vcpus: Int
    ) async throws {
        try await guest.waitUntilPlaced(device: device)
        try await expectContent(of: guest)
        try await expectDirect(.nvme, in: guest, vcpus: vcpus)
    }
}

extension CheckSuite {
    /// - Throws: `LabError` if the condition doesn't hold.
    mutating func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws {
        guard condition else { throw LabError("\(title): check failed: \(what())") }
        passed += 1
    }

    /// The device's interrupts reach the busy guest, and the host's handlers hardly ever run.
    mutating func expectDirect(
        _ device: AssignedDevice, in guest: GuestSession, vcpus: Int
    ) async throws {
        let state = try await guest.eliState()
        try expect(state.isPlaced, "not all placed: \(state.text)")
        let count = 200
        let before = try await guest.host.handled(by: device.hostIRQ)
        try await guest.host.run(
            device.work(count, vcpus: vcpus), timeout: AssignedDevice.workLimit)
        let handled = try await guest.host.handled(by: device.hostIRQ) - before
        // Those that find a vCPU halted for a moment are the host's to handle.
        let raised = count * vcpus
        try expect(
            handled < raised / 5, "the host handled \(handled) of \(raised) interrupts")
    }
}
