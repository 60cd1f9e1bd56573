import Foundation

/// What a machine does with its device, by a tool of Debian's.
enum ComparisonWork: String, Sendable, CaseIterable {
    /// fio, random reads of 4 KiB, one at a time.
    case readsAtDepth1 = "4k-reads-depth-1"
    /// The same, 16 at a time.
    case readsAtDepth16 = "4k-reads-depth-16"
    /// iperf3, a TCP stream written in messages of 256 bytes.
    case stream = "tcp-stream-256"
    /// Echo requests, the next one when the reply is there.
    case pingPong = "ping-pong"
    /// The reads one at a time, of a disk that has no device (null_blk).
    case readsOfNoDevice = "4k-reads-no-device"
    /// The echo requests to the machine itself.
    case pingPongOfNoDevice = "ping-pong-no-device"

    /// Result of a work.
    struct Result {
        let operations: Int
        let seconds: Double
        /// Mean, where the tool tells.
        let latency: Double?
        /// Share of a CPU that the tool's side used, in percent.
        let cpu: Double?

        var rate: Double { Double(operations) / max(seconds, 1e-9) }
    }

    static func works(of device: AssignedDevice) -> [ComparisonWork] {
        device == .nvme
            ? [.readsAtDepth1, .readsAtDepth16, .readsOfNoDevice]
            : [.stream, .pingPong, .pingPongOfNoDevice]
    }

    /// Work like it without a device: what share of that a guest keeps is the CPU's doing, or an
    /// emulator's, and not the device's. nil for such work itself.
    var withoutDevice: ComparisonWork? {
        switch self {
        case .readsAtDepth1, .readsAtDepth16: .readsOfNoDevice
        case .stream, .pingPong: .pingPongOfNoDevice
        case .readsOfNoDevice, .pingPongOfNoDevice: nil
        }
    }

    /// Bytes of a message.
    private static let message = 256

    /// A command for the shell of the machine that has the device.
    ///
    /// - Parameters:
    ///   - count: operations.
    ///   - disk: the disk's device file.
    ///   - port: the iperf3 server's.
    func command(count: Int, disk: String, port: Int) -> String {
        func reads(of disk: String, depth: Int) -> String {
            "fio --name=reads --filename=\(disk) --rw=randread --bs=4k --direct=1 "
                + "--ioengine=libaio --iodepth=\(depth) --size=48m --number_ios=\(count) "
                + "--thread --output-format=json 2>/dev/null"
        }
        switch self {
        case .readsAtDepth1: return reads(of: disk, depth: 1)
        case .readsAtDepth16: return reads(of: disk, depth: 16)
        case .readsOfNoDevice: return reads(of: "/dev/nullb0", depth: 1)
        case .stream:
            // Messages are short: as many bytes as would take the operations a while.
            return "iperf3 -c 10.0.2.2 -p \(port) -l \(Self.message) "
                + "-n \(count * 16 * Self.message) -i 0 -J"
        case .pingPong: return "ping -A -q -c \(count) 10.0.2.2"
        case .pingPongOfNoDevice: return "ping -A -q -c \(count) 127.0.0.1"
        }
    }

    /// - Parameter output: what the command printed.
    func result(_ output: String) throws -> Result {
        switch self {
        case .readsAtDepth1, .readsAtDepth16, .readsOfNoDevice:
            let job = (try Self.json(output)["jobs"] as? [[String: Any]])?.first
            guard let reads = job?["read"] as? [String: Any],
                let total = reads["total_ios"] as? Int, let runtime = reads["runtime"] as? Double,
                let latency = (reads["lat_ns"] as? [String: Any])?["mean"] as? Double
            else { throw LabError("fio: \(output)") }
            let user = job?["usr_cpu"] as? Double, system = job?["sys_cpu"] as? Double
            return Result(
                operations: total, seconds: runtime / 1000, latency: latency / 1e9,
                cpu: user.flatMap { user in system.map { user + $0 } })
        case .stream:
            let end = try Self.json(output)["end"] as? [String: Any]
            guard let sent = end?["sum_sent"] as? [String: Any],
                let bytes = sent["bytes"] as? Double, let duration = sent["seconds"] as? Double
            else { throw LabError("iperf3: \(output)") }
            let cpu = end?["cpu_utilization_percent"] as? [String: Any]
            return Result(
                operations: Int(bytes) / Self.message, seconds: duration, latency: nil,
                cpu: cpu?["host_total"] as? Double)
        case .pingPong, .pingPongOfNoDevice:
            // "round-trip min/avg/max = 0.421/0.502/2.731 ms"
            let received = try output.number(after: "transmitted, ")
            guard let average = output.firstMatch(of: /min\/avg\/max = [0-9.]+\/([0-9.]+)/),
                let milliseconds = Double(average.1)
            else { throw LabError("ping: \(output)") }
            return Result(
                operations: received, seconds: Double(received) * milliseconds / 1000,
                latency: milliseconds / 1000, cpu: nil)
        }
    }

    private static func json(_ text: String) throws -> [String: Any] {
        guard let start = text.firstIndex(of: "{"),
            let object = try JSONSerialization.jsonObject(with: Data(text[start...].utf8))
                as? [String: Any]
        else { throw LabError("not JSON: \(text)") }
        return object
    }
}
