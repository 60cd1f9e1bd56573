import Foundation

/// A device whose interrupts reach a guest.
enum AssignedDevice: String, Sendable {
    /// The lab's own: host irqs raised by IPI, to the guest through irqfd.
    case pulse
    /// QEMU's nvme, assigned by VFIO.
    case nvme
    /// QEMU's 82576, assigned by VFIO.
    case igb

    /// What came of an amount of work.
    struct Done: Sendable {
        let operations: Int
        /// Interrupts that the device itself says it raised; nil for a NIC, which raises them of
        /// its own accord as well: then the counts at the edges of a run can differ by a few.
        let raised: Int?
    }

    /// Part of the name of the guest's irqs.
    var guestIRQ: String {
        switch self {
        case .pulse: "pulse"
        case .nvme: "nvme0q"
        case .igb: "eth0"
        }
    }

    /// Part of the name of the host's irqs.
    var hostIRQ: String { self == .pulse ? "eli-pulse" : "vfio-msix" }

    /// Makes the device ready in the host.
    ///
    /// - Returns: QEMU's options for it and the guest's modules.
    func prepare(on host: HostSession) async throws -> (options: [String], modules: [String]) {
        switch self {
        case .pulse:
            try await host.run(
                "[ -e /dev/eli-pulse ] || modprobe eli_pulse && pulse serve /tmp/pulse.sock")
            return (
                ["-chardev socket,id=pulse,path=/tmp/pulse.sock",
                 "-device ivshmem-doorbell,chardev=pulse,vectors=4"], ["eli_pulse_guest"]
            )
        case .nvme:
            let address = try await Self.bindToVFIO(vendorAndDevice: "0x1b36:0x0010", on: host)
            return (["-device vfio-pci,host=\(address)"], ["nvme"])
        case .igb:
            let address = try await Self.bindToVFIO(vendorAndDevice: "0x8086:0x10c9", on: host)
            return (["-device vfio-pci,host=\(address)"], ["igb"])
        }
    }

    private static func bindToVFIO(
        vendorAndDevice: String, on host: HostSession
    ) async throws -> String {
        try await host.run("modprobe vfio-pci && modprobe vfio_iommu_type1")
        let address = try await host.run(
            """
            for d in /sys/bus/pci/devices/*; do \
            [ $(cat $d/vendor):$(cat $d/device) = \(vendorAndDevice) ] && break; done; \
            a=${d##*/}; echo vfio-pci >$d/driver_override && \
            echo $a >/sys/bus/pci/drivers_probe && [ -e /sys/bus/pci/drivers/vfio-pci/$a ] && echo $a
            """)
        return address
    }

    /// Makes the device ready in the guest, with interrupts on each vCPU.
    func start(in guest: GuestSession, vcpus: Int) async throws {
        switch self {
        case .pulse:
            for vcpu in 0..<vcpus {
                try await guest.run(
                    "irq=$(sed -n 's/^ *\\([0-9]*\\):.* pulse\(vcpu)$/\\1/p' /proc/interrupts) && "
                        + "echo \(1 << vcpu) >/proc/irq/$irq/smp_affinity")
            }
        case .nvme: break
        case .igb:
            try await guest.run(
                "ip link set eth0 up && ip addr add 10.0.2.15/24 dev eth0; "
                    + "until [ \"$(cat /sys/class/net/eth0/carrier)\" = 1 ]; do usleep 100000; done")
        }
    }

    /// Has the device do something `count` times: for pulses, that many on each vCPU.
    func work(_ count: Int, in guest: GuestSession, vcpus: Int) async throws -> Done {
        switch self {
        case .pulse:
            let lines = (0..<vcpus).map(String.init).joined(separator: " ")
            let text = try await guest.host.run(
                "taskset 1 pulse raise \(count) \(lines)", timeout: .seconds(600))
            let raised = try text.number(after: "raised=")
            return Done(operations: raised, raised: raised)
        case .nvme:
            // One read at a time: one completion, one interrupt.
            let before = guest.host.raisedByNVMe()
            try await guest.run(
                "dd if=/dev/nvme0n1 of=/dev/null bs=4k count=\(count) iflag=direct 2>/dev/null",
                timeout: .seconds(600))
            return Done(operations: count, raised: guest.host.raisedByNVMe() - before)
        case .igb:
            let text = try await guest.run(
                "ping -c \(count) -A -q 10.0.2.2", timeout: .seconds(600))
            // "200 packets transmitted, 200 packets received, 0% packet loss"
            return Done(operations: try text.number(after: "transmitted, "), raised: nil)
        }
    }
}

extension String {
    /// The number that follows a mark.
    func number(after mark: String) throws -> Int {
        guard let range = range(of: mark),
            let number = Int(self[range.upperBound...].prefix(while: \.isNumber))
        else { throw LabError("no '\(mark)' in: \(self)") }
        return number
    }
}
