import Interrupts
import SplitMix64

/// Random inputs of a plan, dense enough for its parts to be in each other's way.
struct PlanGenerator {
    var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func vcpus() -> [VirtualCPU] {
        (0..<UInt32(1 + random.below(4))).map { id in
            VirtualCPU(
                apicID: id, home: random.below(12) == 0 ? nil : UInt32(1 + random.below(7)),
                table: UInt32(random.below(2)), gateCount: random.below(6) == 0 ? random.below(257) : 256,
                shadowAllowed: random.below(8) != 0)
        }
    }

    mutating func host() -> HostFacts {
        let cpus = (0..<8).map {
            HostCPU(number: $0, online: random.below(10) != 0, housekeeping: $0 < 2)
        }
        let interrupts = (0..<random.below(7)).map { irq in
            HostInterrupt(
                irq: UInt32(irq), cpu: UInt32(random.below(8)), vector: vector(),
                movable: random.below(3) != 0)
        }
        return HostFacts(
            cpus: cpus, interrupts: interrupts, interruptRemapping: random.below(8) != 0)
    }

    mutating func options() -> PlanOptions {
        PlanOptions(
            withoutInterruptRemapping: random.below(2) == 0, shadowProtection: random.below(2) == 0,
            identity: random.below(4) != 0)
    }

    mutating func routes() -> [Route] {
        (0..<UInt32(random.below(10))).map { route($0) }
    }

    mutating func route(_ index: UInt32) -> Route {
        var address = MSIAddress(rawValue: 0xfee0_0000)
        address[.destinationID] = UInt8(random.below(4))
        address[.destinationMode] = random.below(6) == 0
        address[.interruptFormat] = random.below(40) == 0
        var data = MSIData(rawValue: 0)
        data[.vector] = vector()
        data[.deliveryMode] = DeliveryMode(rawValue: random.below(30) == 0 ? 4 : 0)
        data[.levelTriggered] = random.below(40) == 0
        return Route(
            device: index / 4, index: index % 4, address: address, data: data,
            movable: random.below(20) != 0)
    }

    private mutating func vector() -> UInt8 {
        switch random.below(8) {
        case 0: UInt8(random.below(256))
        case 1: 0x80
        case 2: UInt8(0xe8 + random.below(24))
        default: UInt8(0x20 + random.below(0x14))
        }
    }
}
