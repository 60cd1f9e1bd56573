import Foundation

/// The same work with a device that is emulated, paravirtual, assigned, assigned with ELI, and with
/// the machine's own: what a guest keeps of bare metal.
struct Comparison: Sendable {
    let host: HostSession
    let kernel: KernelPackage
    let qemuVersion: String
    /// The iperf3 server's port on 10.0.2.2.
    let port: Int
    /// Operations of each work.
    let count: Int

    /// The CPU of the host that the work runs on, by a guest's vCPU or by itself.
    private static let cpu = GuestSession.firstVCPUHostCPU

    /// - Parameter device: nvme or igb.
    func run(_ device: AssignedDevice) async throws -> [ComparisonRun] {
        var runs = try await bareMetal(device)
        for method in [ComparisonMethod.emulation, .paravirtual] {
            runs += try await guest(device, method)
        }
        return try await runs + assigned(device)
    }

    private func say(_ device: AssignedDevice, _ method: ComparisonMethod, _ work: ComparisonWork) {
        Console.shared.say("\(host.host.name)/\(device.rawValue), \(method.rawValue): \(work.rawValue)")
    }

    // MARK: The host itself

    private func bareMetal(_ device: AssignedDevice) async throws -> [ComparisonRun] {
        try await host.run(Self.diskWithoutDevice)
        try await device.start(on: host, cpu: Self.cpu)
        var runs: [ComparisonRun] = []
        for work in ComparisonWork.works(of: device) {
            say(device, .bareMetal, work)
            let command = work.command(count: count, disk: "/dev/nvme0n1", port: port)
            let output = try await host.run(
                "taskset \(1 << Self.cpu) \(command)", timeout: AssignedDevice.workLimit)
            runs.append(run(device, .bareMetal, work, try work.result(output)))
        }
        if device != .nvme { try await host.run("ip addr flush dev eth0") }
        return runs
    }

    // MARK: Guests

    /// A disk that completes what it is asked at once, without an interrupt.
    private static let diskWithoutDevice =
        "[ -e /dev/nullb0 ] || modprobe null_blk nr_devices=1 gb=1 irqmode=0"

    private func boot(_ options: [String], _ modules: [String]) async throws -> GuestSession {
        let guest = try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                memory: 640, haltsInGuest: true, devices: options, modules: modules))
        try await guest.run(Self.diskWithoutDevice)
        return guest
    }

    /// A guest whose device is QEMU's, with the host's behind it.
    private func guest(
        _ device: AssignedDevice, _ method: ComparisonMethod
    ) async throws -> [ComparisonRun] {
        let (options, modules) = method.options(for: device)
        if device != .nvme {
            try await host.run(
                "[ -e /sys/class/net/br0 ] || { modprobe tun && modprobe vhost_net "
                    + "&& modprobe bridge && brctl addbr br0 && brctl addif br0 eth0 "
                    + "&& echo 0 >/sys/class/net/br0/bridge/forward_delay "
                    + "&& ip link set br0 up; }; "
                    + "tunctl -t tap0 >/dev/null && brctl addif br0 tap0 && ip link set tap0 up")
        }
        let guest = try await boot(options, modules)
        if device != .nvme { try await AssignedDevice.igb.start(in: guest, vcpus: 1) }
        let disk = method == .paravirtual ? "/dev/vda" : "/dev/nvme0n1"
        let runs = try await measure(device, method, in: guest, disk: disk)
        try await guest.quit()
        if device != .nvme { try await host.run("tunctl -d tap0 >/dev/null") }
        return runs
    }

    private func assigned(_ device: AssignedDevice) async throws -> [ComparisonRun] {
        if device != .nvme { try await host.run("ip link set br0 down; brctl delbr br0") }
        let prepared = try await device.prepare(on: host)
        let guest = try await boot(prepared.options, prepared.modules)
        try await device.start(in: guest, vcpus: 1)
        let irqs = try await device.pinIRQs(on: host, vcpus: 1)
        var runs = try await measure(
            device, .assignment, in: guest, disk: "/dev/nvme0n1", irqs: irqs)
        try await guest.setELI(true)
        runs += try await measure(
            device, .assignmentELI, in: guest, disk: "/dev/nvme0n1", irqs: irqs)
        try await guest.quit()
        return runs
    }

    private func measure(
        _ device: AssignedDevice, _ method: ComparisonMethod, in guest: GuestSession, disk: String,
        irqs: [String] = []
    ) async throws -> [ComparisonRun] {
        try await host.run("counters arm \(irqs.joined(separator: " "))")
        var runs: [ComparisonRun] = []
        for work in ComparisonWork.works(of: device) {
            say(device, method, work)
            // Its output takes an exit for each byte, so it comes later.
            let command = work.command(count: count, disk: disk, port: port) + " >/tmp/result"
            let counted = try await CountedWork(
                GuestSession.hostCommand(command, timeout: AssignedDevice.workLimit), on: host,
                timeout: AssignedDevice.workLimit)
            let output = try await guest.run("cat /tmp/result")
            var run = run(device, method, work, try work.result(output))
            let exits = counted.exitsByReason(ExitReasons.ofVendor(host.host.vendorModule))
            run.exits = exits
            run.exits_per_second = Double(exits.total) / run.seconds
            run.exits_per_operation = Double(exits.total) / Double(max(1, run.operations))
            runs.append(run)
        }
        return runs
    }

    private func run(
        _ device: AssignedDevice, _ method: ComparisonMethod, _ work: ComparisonWork,
        _ result: ComparisonWork.Result
    ) -> ComparisonRun {
        ComparisonRun(
            host: host.host.name, emulated: host.host.isEmulated, kernel: kernel.release,
            qemu: qemuVersion, scenario: device == .nvme ? "storage" : "network",
            device: device.rawValue, method: method.rawValue, eli: method == .assignmentELI,
            work: work.rawValue, operations: result.operations, seconds: result.seconds,
            operations_per_second: result.rate, latency_us: result.latency.map { $0 * 1e6 },
            cpu_percent: result.cpu)
    }
}
