extension Machine {
    /// What KVM does with interrupts off at an exit.
    func exit(_ exit: Exit, _ state: inout State) throws(Violation) {
        let wasDirect = state.place == .direct
        state.place = .host
        guard wasDirect else {
            if exit == .tripleFault { state.place = .dead }
            return
        }
        switch exit {
        case .bounce(let vector):
            if rules[.dispatchBounced] { try dispatch(vector, &state) }
        case .interrupted(let vector):
            if rules[.dispatchInterrupted] { try dispatch(vector, &state) }
            if !rules[.handleInterrupted] { state.fault = true }
        case .tripleFault, .quantum, .other: break
        }
        if exit != .tripleFault || rules[.scanAfterTripleFault] {
            try drain(&state, all: exit == .tripleFault || exit == .quantum)
        }
        if rules.hold == .ownClass
            || rules.hold == .sharedClass && !(exit == .quantum && rules[.noHoldAfterQuantum]) {
            state.tpr = max(state.tpr, Vector.fast.priorityClass)
        }
        if exit == .tripleFault {
            state.tpr = 0
            state.place = .dead
        }
    }

    /// Gives an acknowledged vector to the host's handler, which sends the EOI.
    private func dispatch(_ vector: Vector, _ state: inout State) throws(Violation) {
        guard state.isr & vector.bit != 0 else {
            throw Violation(invariant: .noLoss, what: "\(vector) is handled, but was not raised")
        }
        state.isr &= ~vector.bit
        try handle(vector, &state)
    }

    /// Moves the guest's vectors in service to the virtual APIC. After an exit that tells nothing
    /// of an interrupted delivery, gives all others to the host.
    private func drain(_ state: inout State, all: Bool) throws(Violation) {
        for vector in Vector.byPriority where state.isr & vector.bit != 0 {
            let owned = vector == .fast || vector == .device && state.plan == 0
            if owned {
                guard rules[.drainAtExit] else { continue }
                state.isr &= ~vector.bit
                state.virtualISR |= vector.bit
                if !rules[.preserveIRR] { state.virtualIRR &= ~vector.bit }
            } else if all {
                try dispatch(vector, &state)
            }
        }
    }
}
