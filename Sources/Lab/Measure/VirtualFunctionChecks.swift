/// A guest has an nvme's virtual function, while the host reads by the physical one.
struct VirtualFunctionChecks: ContentChecks {
    let title = "virtual function"
    let host: HostSession
    let content: SoakContent
    var passed = 0

    private static let vcpus = 2
    /// QEMU's ID of it.
    private static let id = "disk"

    /// - Returns: how many checks passed.
    /// - Throws: `LabError` for the first that doesn't.
    mutating func run() async throws -> Int {
        Console.shared.say("\(host.host.name): booting a guest with a virtual function")
        let physical = try await AssignedDevice.nvme.pciAddress(on: host)
        try await AssignedDevice.nvme.start(on: host, cpu: 0)
        try await make(of: physical)
        let address = try await host.run(
            "basename $(readlink /sys/bus/pci/devices/\(physical)/virtfn0)")
        try await AssignedDevice.bindToVFIO(address, on: host)
        let guest = try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                vcpus: Self.vcpus, devices: ["-device vfio-pci,host=\(address),id=\(Self.id)"],
                modules: [AssignedDevice.nvme.rawValue]))
        try await guest.keepBusy(vcpus: Self.vcpus)
        try await guest.setELI(true)
        try await host.run(
            "(while s=$(taskset 1 \(AssignedDevice.readContent) | md5sum) && "
                + "[ \"${s%% *}\" = \(content.diskSum) ]; do :; done; "
                + "echo $s >/tmp/bad-physical) & physical=$!")
        try await expectDisk(Self.id, in: guest, vcpus: Self.vcpus)
        try await host.run("kill $physical && [ ! -e /tmp/bad-physical ]")
        try await guest.checkKernelLog()
        try await guest.quit()
        try await host.run("echo 0 >/sys/bus/pci/devices/\(physical)/sriov_numvfs")
        try await host.checkKernelLog()
        passed += 1
        return passed
    }

    /// Brings the virtual function of an nvme online, with all the flexible resources.
    private func make(of physical: String) async throws {
        let count = AMDHost.virtualFunctionResources
        let device = "/sys/bus/pci/devices/\(physical)"
        // Resource type 0 is queues and 1 interrupts; action 8 sets those of a secondary
        // controller, and 9 brings it online (NVMe 1.4, section 5.22).
        try await host.run(
            """
            manage() { nvme virt-mgmt /dev/nvme0 -c 1 -r $1 -a $2 -n $3; }; \
            echo 0 >\(device)/sriov_drivers_autoprobe && echo 1 >\(device)/sriov_numvfs && \
            manage 1 8 \(count) && manage 0 8 \(count) && manage 0 9 0
            """)
    }
}
