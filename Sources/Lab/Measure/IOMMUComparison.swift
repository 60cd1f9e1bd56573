import Foundation

/// The same work of a guest with an assigned nvme and NIC: without an IOMMU, and behind each that
/// QEMU has, ELI's in all its ways. The guest maps each buffer anew, and unmaps it at once (strict mode).
struct IOMMUComparison: Sendable {
    let host: HostSession
    let kernel: KernelPackage
    let qemuVersion: String
    /// The iperf3 server's port on 10.0.2.2.
    let port: Int
    /// Operations of each work.
    let count: Int

    /// A stream is shorter by this than as many reads take.
    private static let readsPerStream = 4
    /// For how long the sidecore has nothing to do.
    private static let idleSeconds = 5

    /// - Parameter take: gets the runs of each method as soon as they are there.
    func run(
        _ methods: [IOMMUMethod], _ take: @Sendable ([IOMMURun]) throws -> Void
    ) async throws {
        let disk = try await AssignedDevice.nvme.prepare(on: host)
        let network = try await AssignedDevice.igb.prepare(on: host)
        for method in methods {
            Console.shared.say("\(host.host.name): \(method.rawValue)")
            let guest = try await GuestSession.boot(
                on: host,
                GuestSession.Options(
                    memory: 640, iommu: method.iommu, devices: disk.options + network.options,
                    modules: disk.modules + network.modules))
            let runs = try await measure(method, in: guest)
            try await guest.checkKernelLog()
            try await guest.quit()
            try take(runs)
        }
    }

    private func measure(
        _ method: IOMMUMethod, in guest: GuestSession
    ) async throws -> [IOMMURun] {
        let module = try await DMAModule(in: guest)
        try await host.run("counters arm-iommu")
        let threads = try await Threads(of: guest, hasSidecore: method.hasSidecore)
        var runs: [IOMMURun] = []
        for work in IOMMUWork.allCases {
            if work == .idle {
                if method.hasSidecore { runs.append(try await idle(method, in: guest)) }
                continue
            }
            if work == .messages { try await AssignedDevice.igb.start(in: guest, vcpus: 1) }
            runs.append(try await measure(method, work, module, threads))
            if work == .messages { try await guest.run("ip link set eth0 down") }
        }
        return runs
    }

    private func command(of work: IOMMUWork) -> String {
        if let depth = work.depth { return DMAModule.mapAndUnmap(count, depth: depth) }
        // Behind an IOMMU with exits a stream is slow.
        let count = work == .messages ? max(1, count / Self.readsPerStream) : count
        let command = work.ofTool?.command(count: count, disk: "/dev/nvme0n1", port: port)
        return "\(command ?? "true") >/tmp/result"
    }

    private func measure(
        _ method: IOMMUMethod, _ work: IOMMUWork, _ module: DMAModule, _ threads: Threads
    ) async throws -> IOMMURun {
        let guest = module.guest
        let before = method.isELI ? try await guest.readIOMMU() : nil
        let counted = try await CountedWork(
            threads.timed(
                GuestSession.hostCommand(command(of: work), timeout: AssignedDevice.workLimit)),
            on: host, timeout: AssignedDevice.workLimit)
        let pinned = try await guest.locked()
        let after = method.isELI ? try await guest.readIOMMU() : nil
        let report = work.depth == nil ? nil : try await module.report()
        let result = try await result(of: work, in: guest)
        let operations = report?.operations ?? result?.operations ?? 0
        guard operations >= count else { throw LabError("\(work.rawValue): \(operations) operations") }
        let seconds = report?.seconds ?? result?.seconds ?? 0
        func each(_ value: Double) -> Double { value / Double(operations) }
        var run = run(method, work, operations: operations, seconds: seconds)
        run.operations_per_second = Double(operations) / max(seconds, 1e-9)
        let registers = counted.exits.registerAccesses.values.reduce(0, +)
        run.register_exits = registers
        run.register_exits_per_operation = each(Double(registers))
        let exits = counted.exitsByReason(ExitReasons.ofVendor(host.host.vendorModule))
        run.exits = exits
        run.exits_per_operation = each(Double(exits.total))
        let times = try await threads.times()
        run.vcpu_us_per_operation = each(times.vcpu * 1e6)
        run.sidecore_us_per_operation = times.sidecore.map { each($0 * 1e6) }
        run.pinned_bytes = pinned
        run.vfio_maps = counted.exits.vfioRequests[VFIORequest.map.rawValue] ?? 0
        run.vfio_unmaps = counted.exits.vfioRequests[VFIORequest.unmap.rawValue] ?? 0
        run.most_stale = after?.sum("most-stale")
        run.longest_stale_ms = after?.longestStale
        run.map_latency = report?.map
        run.unmap_latency = report?.unmap
        if let first = before?.sidecore?.latencies, let last = after?.sidecore?.latencies {
            run.service_latencies = zip(last, first).map { $0 - $1 }
        }
        return run
    }

    private func result(
        of work: IOMMUWork, in guest: GuestSession
    ) async throws -> ComparisonWork.Result? {
        guard let tool = work.ofTool else { return nil }
        return try tool.result(try await guest.run("cat /tmp/result"))
    }

    /// What the sidecore takes while the guest does nothing.
    private func idle(_ method: IOMMUMethod, in guest: GuestSession) async throws -> IOMMURun {
        func uptime() async throws -> Double {
            let text = try await host.run("cut -d ' ' -f 1 /proc/uptime")
            guard let seconds = Double(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                throw LabError("/proc/uptime: \(text)")
            }
            return seconds
        }
        let start = try await uptime(), before = try await guest.readIOMMU().sidecore
        try await host.run("sleep \(Self.idleSeconds)")
        let after = try await guest.readIOMMU().sidecore, seconds = try await uptime() - start
        guard let before, let after else { throw LabError("query-eli-iommu has no sidecore") }
        var run = run(method, .idle, operations: 0, seconds: seconds)
        run.sidecore_cpu_percent = (after.seconds - before.seconds) / seconds * 100
        run.polls_per_second = Double(after.polls - before.polls) / seconds
        run.sleeps_per_second = Double(after.sleeps - before.sleeps) / seconds
        return run
    }

    private func run(
        _ method: IOMMUMethod, _ work: IOMMUWork, operations: Int, seconds: Double
    ) -> IOMMURun {
        IOMMURun(
            host: host.host.name, emulated: host.host.isEmulated, kernel: kernel.release,
            qemu: qemuVersion, device: work.device.rawValue, method: method.rawValue,
            work: work.rawValue, operations: operations, seconds: seconds)
    }
}

extension IOMMUComparison {
    /// The host's threads that work for a guest: its vCPU's and the sidecore's.
    private struct Threads: Sendable {
        let host: HostSession
        /// Their statistics in /proc.
        let files: [String]

        init(of guest: GuestSession, hasSidecore: Bool) async throws {
            host = guest.host
            var files: [String] = []
            // They alone are bound to these CPUs, but for threads that they have started: those have
            // higher numbers.
            for cpu in [GuestSession.firstVCPUHostCPU] + (hasSidecore ? [GuestIOMMU.sidecoreCPU] : []) {
                let found = try await host.run(
                    "cd /proc/$qemu/task; "
                        + "grep -l '^Cpus_allowed_list:[[:space:]]*\(cpu)$' */status; cd /")
                let threads = found.split(separator: "\n").compactMap { Int($0.prefix { $0 != "/" }) }
                guard let thread = threads.min() else { throw LabError("no thread on CPU \(cpu)") }
                files.append("/proc/$qemu/task/\(thread)/schedstat")
            }
            self.files = files
        }

        /// A command, with the threads' times read before and behind.
        func timed(_ command: String) -> String {
            let read = "cat \(files.joined(separator: " "))"
            return "\(read) >/tmp/times.0; \(command); ended=$?; \(read) >/tmp/times.1; (exit $ended)"
        }

        /// What they have run in that, in seconds.
        func times() async throws -> (vcpu: Double, sidecore: Double?) {
            func read(_ name: String) async throws -> [Double] {
                // Time run, time waited, in ns, and how often.
                try await host.run("cut -d ' ' -f 1 /tmp/times.\(name)")
                    .split(separator: "\n").compactMap { Double($0) }
            }
            let times = zip(try await read("1"), try await read("0")).map { ($0 - $1) / 1e9 }
            guard times.count == files.count, let vcpu = times.first else {
                throw LabError("no times of \(files)")
            }
            return (vcpu, times.count > 1 ? times[1] : nil)
        }
    }

    /// What the sidecore is for, by KVM's counts.
    ///
    /// - Throws: `LabError` if mapping and unmapping exited with a sidecore, or didn't with the
    ///   intel-iommu.
    static func check(_ runs: [IOMMURun]) throws {
        for run in runs {
            guard let exits = run.register_exits, let method = IOMMUMethod(rawValue: run.method)
            else { continue }
            if method.hasSidecore, exits != 0 {
                throw LabError("\(run.method), \(run.work): \(exits) accesses to registers exited")
            }
            let mapsEachTime = IOMMUWork(rawValue: run.work)?.mapsEachTime ?? false
            if method == .intel, exits < (mapsEachTime ? run.operations : 1) {
                throw LabError(
                    "\(run.method), \(run.work): only \(exits) accesses to registers exited in "
                        + "\(run.operations) operations")
            }
        }
    }
}
