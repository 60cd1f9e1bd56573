extension Machine {
    /// In the guest, which may do anything.
    func guest(_ state: State, _ emit: Emit) {
        let direct = state.place == .direct
        var urgent = state.kicked
        if state.kicked {
            step(.nmiArrives, state, emit) { next throws(Violation) in
                guard rules[.exitOnNMI] else {
                    throw Violation(invariant: .nothingStolen, what: "the guest got the host's NMI")
                }
                try exit(.other, &next)
            }
        }
        if direct {
            if state.interruptsOn, let vector = state.deliverable {
                urgent = true
                deliver(vector, state, emit)
            }
            if rules[.quantum] && state.deadline == 0 {
                urgent = true
                step(.quantumEnds, state, emit) { next throws(Violation) in
                    try exit(.quantum, &next)
                    guard next.deliverable != nil || !next.hostIsOwed else {
                        throw Violation(
                            invariant: .bounded, what: "the quantum's end lets no interrupt in")
                    }
                }
            }
        } else {
            if let vector = state.deliverable {
                urgent = true
                step(.externalInterruptExit, state, emit) { next throws(Violation) in
                    guard rules[.exitOnExternal] || vector.isDevices else {
                        throw Violation(invariant: .nothingStolen, what: "the guest got \(vector)")
                    }
                    try exit(.other, &next)
                }
            }
            if state.injectable != nil {
                urgent = true
                step(.interruptWindowExit, state, emit) { next throws(Violation) in
                    try exit(.other, &next)
                }
            }
        }
        if !urgent {
            step(.tick, state, emit) { next throws(Violation) in
                if next.hostIsOwed { next.age += 1 }
                if next.deadline > 0 { next.deadline -= 1 }
            }
        }
        act(state, emit)
    }

    /// The physical APIC delivers an interrupt in direct mode.
    private func deliver(_ vector: Vector, _ state: State, _ emit: Emit) {
        var state = state
        state.irr &= ~vector.bit
        state.isr |= vector.bit
        let limited = rules[.limitCut] && !state.limitOpen
        if limited && (vector == .timer || vector == .disk && rules[.noForeignBelowLimit]) {
            step(.deliver, state, emit) { next throws(Violation) in
                try exit(.bounce(vector), &next)
            }
            return
        }
        // The CPU reads the gate, at an address that the guest maps.
        if state.table == 2 {
            step(.deliver, state, emit) { next throws(Violation) in try exit(.tripleFault, &next) }
            return
        }
        guard vector.isDevices else {
            step(.deliver, state, emit) { next throws(Violation) in
                // The gate that the host made absent, if the guest still maps that memory.
                guard limited, vector == .disk, next.table == 0 else {
                    throw Violation(invariant: .nothingStolen, what: "the guest got \(vector)")
                }
                try exit(.bounce(vector), &next)
            }
            return
        }
        if state.withheld && state.table == 0 {
            step(.deliver, state, emit) { next throws(Violation) in
                try exit(.bounce(vector), &next)
            }
            return
        }
        step(.deliver, state, emit) { next throws(Violation) in
            guard next.virtualTPR < vector.priorityClass else {
                throw Violation(
                    invariant: .unaware, what: "\(vector) got through the guest's TPR")
            }
            try startGuestHandler(vector, &next)
        }
        step(.deliverMeetsEPTViolation, state, emit) { next throws(Violation) in
            try exit(.interrupted(vector), &next)
        }
    }

    /// What the guest's code can do.
    private func act(_ state: State, _ emit: Emit) {
        let direct = state.place == .direct
        step(state.interruptsOn ? .cli : .sti, state, emit) { next throws(Violation) in
            next.interruptsOn.toggle()
        }
        step(.eoi, state, emit) { next throws(Violation) in
            if direct {
                for vector in Vector.byPriority where next.isr & vector.bit != 0 {
                    next.isr &= ~vector.bit
                    break
                }
            } else if rules[.trapEOI] {
                for vector in Vector.byPriority where next.virtualISR & vector.bit != 0 {
                    next.virtualISR &= ~vector.bit
                    break
                }
                try exit(.other, &next)
            } else if next.virtualISR != 0 {
                throw Violation(invariant: .emptyVirtualISR, what: "an EOI completed nothing")
            }
        }
        let levels: [(Event, UInt64)] = [(.lowerTPR, 0), (.raiseTPR, 1), (.raiseTPRHigh, 2)]
        for (event, level) in levels where level != state.virtualTPR {
            step(event, state, emit) { next throws(Violation) in
                next.virtualTPR = level
                if direct && !rules[.trapTPR] {
                    next.tpr = level == 0 ? 0 : 3  // the guest's own choice: all of them
                } else {
                    try exit(.other, &next)
                }
            }
        }
        step(.lidt, state, emit) { next throws(Violation) in
            if rules[.trapLIDT] {
                try exit(.other, &next)
                next.armed = false
                leave(&next)
            } else {
                next.limitOpen = true
            }
        }
        if direct {
            step(.sidt, state, emit) { next throws(Violation) in
                guard rules[.trapSIDT] else {
                    throw Violation(invariant: .unaware, what: "SIDT showed the host's limit")
                }
                try exit(.other, &next)
            }
            step(.softwareInterrupt, state, emit) { next throws(Violation) in
                guard rules[.recogniseExternal] else {
                    try exit(.bounce(.timer), &next)
                    return
                }
                try exit(.other, &next)
                guard rules[.replaySoftware] else {
                    throw Violation(invariant: .unaware, what: "INT n became #GP")
                }
                next.replay = true
            }
            step(.fastpathExit, state, emit) { next throws(Violation) in
                try exit(.other, &next)
                if !rules[.absoluteDeadline] { next.deadline = Self.quantum }
                try enter(&next)
            }
        }
        step(.hlt, state, emit) { next throws(Violation) in
            try exit(.other, &next)
            leave(&next)
        }
        step(.cpuid, state, emit) { next throws(Violation) in try exit(.other, &next) }
        step(.tripleFault, state, emit) { next throws(Violation) in try exit(.tripleFault, &next) }
        for (event, table) in [(Event.restoreIDT, 0), (.remapIDT, 1), (.unmapIDT, 2)] as [(Event, UInt64)]
        where table != state.table {
            step(event, state, emit) { next throws(Violation) in next.table = table }
        }
    }
}
