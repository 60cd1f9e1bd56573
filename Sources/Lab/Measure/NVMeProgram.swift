/// A program of a guest's user mode that drives its nvme by the guest's own VFIO
/// (Tests/Lab/guest/vfio-nvme.c).
struct NVMeProgram: Sendable {
    let guest: GuestSession

    /// Takes the nvme from its driver and starts the program.
    ///
    /// - Parameters:
    ///   - arguments: behind the group and the device.
    ///   - parameters: of the guest's vfio_iommu_type1.
    init(_ arguments: String, parameters: String = "", in guest: GuestSession) async throws {
        self.guest = guest
        try await guest.run(
            "d=$(readlink -f /sys/block/nvme0n1/device/device); a=${d##*/}; "
                + "echo $a >$d/driver/unbind && echo vfio-pci >$d/driver_override && "
                + "modprobe vfio_iommu_type1 \(parameters) && modprobe vfio-pci && "
                + "{ [ -e $d/driver ] || echo $a >/sys/bus/pci/drivers/vfio-pci/bind; }; "
                + "g=$(readlink -f $d/iommu_group); mkfifo /tmp/in; "
                + "vfio-nvme /dev/vfio/${g##*/} $a \(arguments) </tmp/in >/tmp/out 2>&1 & "
                + "exec 3>/tmp/in", timeout: .seconds(120))
        try await wait(for: "open")
    }

    /// Has it go on, and waits for its next step.
    ///
    /// - Returns: all that it has printed.
    @discardableResult
    func goOn(to step: String, timeout: Duration = .seconds(120)) async throws -> String {
        try await guest.run("echo >&3")
        return try await wait(for: step, timeout: timeout)
    }

    @discardableResult
    private func wait(for step: String, timeout: Duration = .seconds(120)) async throws -> String {
        // To look takes the guest's only CPU from the program: not often, if it has long to go.
        let pause = timeout > .seconds(120) ? "sleep 5" : "usleep 50000"
        return try await guest.run(
            "until grep -q '^\(step)$' /tmp/out; do pidof vfio-nvme >/dev/null || break; "
                + "\(pause); done; cat /tmp/out; grep -q '^\(step)$' /tmp/out",
            timeout: timeout)
    }

    /// Ends it, wherever it is.
    func end() async throws {
        try await guest.run("exec 3>&-")
    }
}

extension CheckSuite {
    /// A program that has mapped more than there may be is told what to do; what was mapped before
    /// still is.
    ///
    /// - Parameters:
    ///   - limit: mappings that there may be.
    ///   - remedy: what QEMU has to say.
    mutating func expectLimit(
        _ limit: Int, of program: NVMeProgram, remedy: String
    ) async throws {
        let log = try await program.guest.logOfQEMU()
        for part in ["max-mappings=\(limit)", remedy] {
            try expect(log.contains(part), "no \"\(part)\" in what QEMU says: \(log)")
        }
        let count = try await program.guest.sumOfIOMMU("mappings")
        try expect(count == limit, "\(count) mappings, and the limit is \(limit)")
        let output = try await program.goOn(to: "identified")
        try expect(output.contains("status=0 serial=eli"), "the nvme answers: \(output)")
        try await program.end()
    }
}
