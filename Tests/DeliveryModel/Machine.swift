/// What can happen in a state, and what follows from it under the rules.
///
/// An exit and KVM's handling of it with interrupts off are one step: what arrives meanwhile only
/// sets an IRR bit, as it would just after. Time passes only in the guest; whatever the hardware
/// does at once (a delivery that nothing blocks, an NMI, the end of the quantum) comes before time.
///
/// Not in the model: I8, which is about cost; the contents of gates, which the shadow's own tests
/// check; SMM, nesting and guest debugging, which are reasons for injection mode like `enabled`; and
/// an NMI between KVM's last look at its requests and VM entry, whose loss the quantum bounds.
struct Machine {
    let rules: Rules

    /// Ticks of the quantum.
    static let quantum: UInt64 = 2

    typealias Emit = (Event, Result<State, Violation>) -> Void

    func successors(of state: State, emit: Emit) {
        guard state.place != .dead else { return }
        arrivals(state, emit)
        shadow(state, emit)
        switch state.place {
        case .host, .out: host(state, emit)
        case .direct, .injection: guest(state, emit)
        case .dead: break
        }
    }

    /// Emits what `body` makes of a copy of `state`, checked.
    func step(
        _ event: Event, _ state: State, _ emit: Emit,
        _ body: (inout State) throws(Violation) -> Void
    ) {
        var next = state
        do throws(Violation) {
            try body(&next)
            if !next.hostIsOwed { next.age = 0 }
            try check(next)
            emit(event, .success(next))
        } catch {
            emit(event, .failure(error))
        }
    }

    // MARK: - Invariants of every state

    private func check(_ state: State) throws(Violation) {
        if state.place != .direct && state.isr != 0 {
            for vector in Vector.allCases where state.isr & vector.bit != 0 {
                throw Violation(
                    invariant: vector.isDevices ? .cleanHost : .nothingStolen,
                    what: "\(vector) is left in service")
            }
        }
        for vector in Vector.allCases {
            if state.place == .dead && vector.isDevices { continue }
            let places = (state.irr & vector.bit != 0 ? 1 : 0) as UInt64
                + (state.virtualIRR & vector.bit != 0 ? 1 : 0)
            if state.owed(vector) > places {
                throw Violation(invariant: .noLoss, what: "\(vector) is in nobody's hands")
            }
            if state.owed(vector) < places {
                throw Violation(invariant: .noLoss, what: "\(vector) will be handled again")
            }
        }
        if state.place == .direct {
            if state.virtualISR != 0 {
                throw Violation(invariant: .emptyVirtualISR, what: "direct mode with a virtual ISR")
            }
            if state.virtualIRR != 0 && !state.kicked {
                throw Violation(invariant: .noLoss, what: "a virtual interrupt is left behind")
            }
            if !state.enabled {
                throw Violation(invariant: .offThePath, what: "direct mode while switched off")
            }
            if !state.armed {
                throw Violation(invariant: .unaware, what: "direct mode with an IDT that the guest left")
            }
        }
        if state.place == .out && state.irr != 0 && state.deliverable == nil {
            throw Violation(
                invariant: .offThePath, what: "the host can't take an interrupt of a vCPU at rest")
        }
        if state.place == .host && state.irr & Vector.timer.bit != 0 && state.deliverable == nil {
            throw Violation(invariant: .bounded, what: "the host can't take its own timer")
        }
        if state.age > Self.quantum {
            throw Violation(invariant: .bounded, what: "a host interrupt waits beyond the quantum")
        }
    }

    /// Whether nothing is pending or in service.
    func isQuiet(_ state: State) -> Bool {
        state.place == .dead || state.irr | state.isr | state.virtualIRR | state.virtualISR == 0
    }

    // MARK: - The shadow IDT

    /// A write of another vCPU's withholds gates at any time. They are settled later: while this
    /// one is outside, or else it may join halves of two gates.
    private func shadow(_ state: State, _ emit: Emit) {
        guard state.withheld else {
            step(.gatesWithheld, state, emit) { next throws(Violation) in next.withheld = true }
            return
        }
        let inside = state.place == .direct || state.place == .injection
        guard !inside || !rules[.settleOutside] else { return }
        step(.gatesSettled, state, emit) { next throws(Violation) in
            next.withheld = false
            let reads = next.deliverable?.isDevices ?? false
            guard !(next.place == .direct && next.interruptsOn && reads) else {
                throw Violation(invariant: .unaware, what: "a delivery met half of a gate")
            }
        }
    }

    // MARK: - Arrivals

    private func arrivals(_ state: State, _ emit: Emit) {
        func raise(_ vector: Vector, _ event: Event) {
            guard state.irr & vector.bit == 0 else { return }
            step(event, state, emit) { next throws(Violation) in
                next.irr |= vector.bit
                next.setOwed(vector, next.owed(vector) + 1)
            }
        }
        func elsewhere(_ vector: Vector, _ event: Event) {
            guard state.virtualIRR & vector.bit == 0 else { return }
            step(event, state, emit) { next throws(Violation) in
                next.virtualIRR |= vector.bit
                next.setOwed(vector, next.owed(vector) + 1)
                next.kicked = next.place == .direct || next.place == .injection
            }
        }
        raise(.disk, .raiseDisk)
        raise(.timer, .raiseTimer)
        elsewhere(.device, .injectDeviceFromElsewhere)
        if state.home {
            raise(.fast, .raiseFast)
            if state.plan < 2 { raise(.device, .raiseDevice) }
        } else {
            raise(.other, .raiseOther)
            elsewhere(.fast, .injectFastFromElsewhere)
        }
    }
}
