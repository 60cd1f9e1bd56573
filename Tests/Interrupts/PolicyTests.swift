import Interrupts
import SplitMix64
import Testing

@Suite struct PolicyTests {
    @Test func theFirstProtectionThatDoesIsChosen() {
        let cpu = CriticalInterrupts(highestOwned: 0x41, housekeeping: true, quantum: true)
        func choice(_ vector: UInt8, movable: Bool = false, urgent: Bool = false, nmi: Bool = false)
            -> HostProtection
        {
            cpu.choose(
                HostVector(vector: vector, movable: movable, urgent: urgent, canBeNMI: nmi)
            ).protection
        }
        #expect(choice(0x50, movable: true, urgent: true, nmi: true) == .nonELICore)
        #expect(choice(0xec) == .idtrLimit)
        #expect(choice(0xec, nmi: true) == .idtrLimit)
        #expect(choice(0xfd, urgent: true, nmi: true) == .nmi)
        #expect(choice(0xfd, urgent: true) == .quantum)
        #expect(choice(0x41) == .none)
        #expect(choice(0x40, nmi: true) == .nmi)
    }

    @Test func whatIsLeftOpen() {
        let amd = CriticalInterrupts(highestOwned: 0x41, housekeeping: false, quantum: false)
        let timer = HostVector(vector: 0xec, movable: false, urgent: false, canBeNMI: false)
        #expect(amd.choose(timer) == (.none, .waitsWhileGuestMasks))
        let disk = HostVector(vector: 0x31, movable: true, urgent: false, canBeNMI: false)
        #expect(amd.choose(disk) == (.none, [.waitsWhileGuestMasks, .stealable]))
        let intel = CriticalInterrupts(highestOwned: 0x41, housekeeping: true, quantum: true)
        #expect(intel.choose(timer) == (.idtrLimit, .waitsWhileGuestMasks))
        #expect(intel.choose(disk) == (.nonELICore, []))
        let kick = HostVector(vector: 0xfd, movable: false, urgent: true, canBeNMI: true)
        #expect(intel.choose(kick) == (.nmi, .coalesced))
    }

    /// 2.1 GHz, rate 5: 1 ms is 2,100,000 ticks of the TSC and 65,625 of the timer.
    @Test func aMillisecond() throws {
        let policy = try QuantumPolicy(tscKHz: 2_100_000, timerRate: 5)
        #expect(policy.ticks == 2_100_000)
        #expect(policy.floor == 262_500)
        // Never below 50 us.
        #expect(try QuantumPolicy(latency: 100, tscKHz: 2_100_000, timerRate: 5).floor == 105_000)
        let deadline = policy.deadline(from: 1_000)
        #expect(deadline == 2_101_000)
        #expect(policy.timerValue(deadline: deadline, now: 1_000) == 65_625)
        #expect(policy.timerValue(deadline: deadline, now: 1_001) == 65_624)
        #expect(policy.timerValue(deadline: deadline, now: deadline) == 0)
        #expect(policy.timerValue(deadline: deadline, now: deadline + 1) == 0)
    }

    @Test func theQuantumFollowsTheWorkThatItsEndsFind() throws {
        var policy = try QuantumPolicy(tscKHz: 1_000_000, timerRate: 0)
        var counted = DeliveryStatistics()
        func epoch(_ exits: UInt64, _ work: UInt64) -> UInt64 {
            counted.quantumExits += exits
            counted.quantumExitsWithWork += work
            policy.learn(counted)
            return policy.ticks
        }
        #expect(epoch(10, 10) == 1_000_000)  // the first only sets the start
        #expect(epoch(10, 10) == 500_000)
        #expect(epoch(10, 5) == 250_000)
        #expect(epoch(10, 4) == 250_000)
        #expect(epoch(0, 0) == 250_000)
        #expect(epoch(10, 0) == 312_501)
        for _ in 0..<20 { _ = epoch(3, 3) }
        #expect(policy.ticks == 125_000)
        for _ in 0..<40 { _ = epoch(3, 0) }
        #expect(policy.ticks == 1_000_000)
        counted = DeliveryStatistics(quantumExits: 4, quantumExitsWithWork: 4)  // a new vCPU
        policy.learn(counted)
        #expect(policy.ticks == 500_000)
    }

    @Test func whatCanNotBeKeptIsRefused() {
        #expect(throws: QuantumRefusal.noFrequency) { try QuantumPolicy(tscKHz: 999, timerRate: 0) }
        #expect(throws: QuantumRefusal.timerTooCoarse) {
            try QuantumPolicy(latency: 50, tscKHz: 1_000_000, timerRate: 16)
        }
        #expect(throws: Never.self) {
            try QuantumPolicy(latency: 50, tscKHz: 1_000_000, timerRate: 15)
        }
    }

    /// Whatever goes in, the quantum stays between floor and bound, the bound is that of the
    /// latency, and the timer ends at the deadline at the latest.
    @Test func boundsHoldForEveryInput() {
        var random = SplitMix64(seed: 0x9a)
        func any() -> UInt64 {
            switch random.below(4) {
            case 0: UInt64.max - UInt64(random.below(3))
            case 1: UInt64(random.below(3))
            default: random.next() >> UInt64(random.below(64))
            }
        }
        var kept = 0
        for number in 0..<randomCases {
            let latency = UInt32(truncatingIfNeeded: any())
            let frequency = UInt32(truncatingIfNeeded: any())
            let rate = UInt8(truncatingIfNeeded: any())
            guard var policy = try? QuantumPolicy(
                latency: latency, tscKHz: frequency, timerRate: rate)
            else { continue }
            kept += 1
            for _ in 0..<4 {
                policy.learn(
                    DeliveryStatistics(quantumExits: any(), quantumExitsWithWork: any()))
                let now = any()
                let deadline = policy.deadline(from: now)
                let value = policy.timerValue(deadline: deadline, now: now)
                let wait = UInt64(value) << UInt64(rate & 31)
                let microseconds = UInt64(min(max(latency, 50), 10_000))
                guard policy.ticks >= policy.floor, policy.ticks <= policy.bound,
                    policy.bound == microseconds * UInt64(frequency) / 1_000,
                    wait <= policy.ticks, deadline >= now,
                    policy.timerValue(deadline: any(), now: any()) <= policy.bound >> UInt64(rate & 31)
                else {
                    Issue.record("case \(number): \(policy), now \(now)")
                    return
                }
            }
        }
        #expect(kept > randomCases / 10)
    }
}
