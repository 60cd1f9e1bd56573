/// Checks one after the other, the first that fails ends them.
protocol CheckSuite {
    /// What is checked, for messages.
    var title: String { get }
    /// How many have passed.
    var passed: Int { get set }
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

    /// All data of the guest's nvme are right, and its interrupts direct.
    ///
    /// - Parameter device: QEMU's ID of the nvme.
    mutating func expectDisk(
        _ device: String, _ content: SoakContent, in guest: GuestSession, vcpus: Int
    ) async throws {
        try await guest.waitUntilPlaced(device: device)
        let sum = try await guest.run("\(AssignedDevice.readAll) | md5sum", timeout: .seconds(120))
        try expect(sum.contains(content.diskSum), "the disk's checksum is \(sum)")
        try await expectDirect(.nvme, in: guest, vcpus: vcpus)
    }
}
