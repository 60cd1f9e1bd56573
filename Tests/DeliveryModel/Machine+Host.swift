extension Machine {
    /// In KVM's run loop with interrupts on, or out of it.
    func host(_ state: State, _ emit: Emit) {
        if let vector = state.deliverable {
            step(.hostTakesInterrupt, state, emit) { next throws(Violation) in
                next.irr &= ~vector.bit
                try handle(vector, &next)
            }
        }
        if state.place == .host {
            // The window was open: what could be delivered has been.
            if state.deliverable == nil {
                step(.enterGuest, state, emit) { next throws(Violation) in
                    if next.tpr == 0 || next.ownClass || !rules[.holdKeepsDeadline] {
                        next.deadline = Self.quantum
                    }
                    try enter(&next)
                }
            }
            step(.leaveRunLoop, state, emit) { next throws(Violation) in leave(&next) }
            return
        }
        step(.enterRunLoop, state, emit) { next throws(Violation) in next.place = .host }
        step(.toggle, state, emit) { next throws(Violation) in next.enabled.toggle() }
        if !state.armed {
            step(.planAgain, state, emit) { next throws(Violation) in next.armed = true }
        }
        switch state.plan {
        case 0: step(.takeDeviceAway, state, emit) { next throws(Violation) in next.plan = 1 }
        case 1:
            // The old vector is given up once nothing is pending there.
            if state.irr & Vector.device.bit == 0 {
                step(.deviceIsAway, state, emit) { next throws(Violation) in next.plan = 2 }
            }
        default: step(.giveDeviceBack, state, emit) { next throws(Violation) in next.plan = 0 }
        }
        step(.move, state, emit) { next throws(Violation) in
            // The CPU left behind takes what is pending there.
            for vector in Vector.byPriority where next.irr & vector.bit != 0 {
                next.irr &= ~vector.bit
                try handle(vector, &next)
            }
            next.home.toggle()
        }
    }

    /// The host's handler. That of a device's is VFIO's: it injects through irqfd.
    func handle(_ vector: Vector, _ state: inout State) throws(Violation) {
        if vector.isDevices {
            if state.virtualIRR & vector.bit != 0 {
                state.setOwed(vector, state.owed(vector) &- 1)  // the two are one
            } else {
                state.virtualIRR |= vector.bit
            }
        } else {
            guard state.owed(vector) > 0 else {
                throw Violation(invariant: .noLoss, what: "\(vector) is handled, but was not raised")
            }
            state.setOwed(vector, 0)
        }
    }

    /// Leaves the run loop.
    func leave(_ state: inout State) {
        if rules[.releaseHoldAtLeave] { state.tpr = 0 }
        state.place = .out
    }

    /// Whether direct mode may be entered.
    private func wantsDirect(_ state: State) -> Bool {
        if rules[.enabledOnly] && !state.enabled { return false }
        if rules[.homeOnly] && !state.home { return false }
        if rules[.planAfterLIDT] && !state.armed { return false }
        if rules[.noDirectInService] && state.virtualISR != 0 { return false }
        if rules[.noDirectPending] && state.virtualIRR != 0 { return false }
        if rules[.quiescePlan] && state.plan == 1 { return false }
        let own: Vector = state.plan == 0 && rules[.taskPriority] ? .device : .fast
        if state.virtualTPR >= own.priorityClass { return false }
        return !state.replay
    }

    /// VM entry.
    func enter(_ state: inout State) throws(Violation) {
        guard !state.fault else {
            throw Violation(
                invariant: .nothingStolen, what: "the exit that cut a delivery short was dropped")
        }
        state.kicked = false
        if wantsDirect(state) {
            state.tpr = 0
            state.place = .direct
            return
        }
        if rules[.releaseHoldForInjection] { state.tpr = 0 }
        state.place = .injection
        state.deadline = 0
        state.replay = false
        if let vector = state.injectable {
            if state.withheld {
                guard rules[.retryWithheldGate] else {
                    throw Violation(invariant: .unaware, what: "the guest got #NP for a gate it has")
                }
                state.place = .host  // #NP exits at once, the interrupt stays pending
                return
            }
            state.virtualIRR &= ~vector.bit
            state.virtualISR |= vector.bit
            try startGuestHandler(vector, &state)
        }
        // It waits for an EOI only, and on bare metal that interrupt would block its own, too.
        var served = state
        served.virtualISR = 0
        if state.ownClass && state.virtualISR & Vector.fast.bit != 0 && wantsDirect(served) {
            state.tpr = Vector.fast.priorityClass
        }
    }

    /// The guest's handler begins.
    func startGuestHandler(_ vector: Vector, _ state: inout State) throws(Violation) {
        guard state.owed(vector) > 0 else {
            throw Violation(invariant: .noLoss, what: "\(vector) reaches the guest a second time")
        }
        state.setOwed(vector, state.owed(vector) - 1)
        state.interruptsOn = false
    }
}
