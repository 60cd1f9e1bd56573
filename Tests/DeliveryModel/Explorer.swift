/// Breadth-first search through every state that can be reached, so that a counterexample is a
/// shortest one. Then backwards from the quiet states, for those from which none can be reached.
struct Explorer {
    let machine: Machine

    struct Outcome {
        let states: Int
        let transitions: Int
        let depth: Int
        let violation: Violation?
        /// The events that lead to the violation, or to the first stuck state.
        let trace: [Event]
        /// States from which no course of events handles all that is pending.
        var stuck = 0
    }

    func explore() -> Outcome {
        let initial = State.initial(machine.rules)
        var states: [UInt64] = [initial.bits]
        var parents: [UInt32] = [0]
        var events: [Event] = [.start]
        var seen = StateSet()
        _ = seen.insert(initial.bits, 0)
        var edges: [(from: UInt32, to: UInt32)] = []
        var transitions = 0
        var depth = 0
        var levelEnd = 1
        var next = 0
        while next < states.count {
            if next == levelEnd {
                depth += 1
                levelEnd = states.count
            }
            let state = State(bits: states[next])
            var failure: (Event, Violation)?
            machine.successors(of: state) { event, successor in
                transitions += 1
                switch successor {
                case .success(let successor):
                    let (index, isNew) = seen.insert(successor.bits, UInt32(states.count))
                    if isNew {
                        states.append(successor.bits)
                        parents.append(UInt32(next))
                        events.append(event)
                    }
                    edges.append((UInt32(next), index))
                case .failure(let violation):
                    if failure == nil { failure = (event, violation) }
                }
            }
            if let (event, violation) = failure {
                return Outcome(
                    states: states.count, transitions: transitions, depth: depth,
                    violation: violation, trace: trace(to: next, parents, events) + [event])
            }
            next += 1
        }
        let stuck = stuckStates(states, edges)
        return Outcome(
            states: states.count, transitions: transitions, depth: depth, violation: nil,
            trace: stuck.first.map { trace(to: $0, parents, events) } ?? [], stuck: stuck.count)
    }

    private func trace(to state: Int, _ parents: [UInt32], _ events: [Event]) -> [Event] {
        var trace: [Event] = []
        var index = state
        while index != 0 {
            trace.append(events[index])
            index = Int(parents[index])
        }
        return trace.reversed()
    }

    /// The states that reach no quiet one, in the order of their discovery.
    private func stuckStates(_ states: [UInt64], _ edges: [(from: UInt32, to: UInt32)]) -> [Int] {
        // Predecessors of each state, as ranges of one array.
        var starts = [Int](repeating: 0, count: states.count + 1)
        for edge in edges { starts[Int(edge.to) + 1] += 1 }
        for index in 1...states.count { starts[index] += starts[index - 1] }
        var filled = starts
        var predecessors = [UInt32](repeating: 0, count: edges.count)
        for edge in edges {
            predecessors[filled[Int(edge.to)]] = edge.from
            filled[Int(edge.to)] += 1
        }
        var reaches = [Bool](repeating: false, count: states.count)
        var queue: [Int] = []
        for index in states.indices where machine.isQuiet(State(bits: states[index])) {
            reaches[index] = true
            queue.append(index)
        }
        while let index = queue.popLast() {
            for predecessor in predecessors[starts[index]..<starts[index + 1]]
            where !reaches[Int(predecessor)] {
                reaches[Int(predecessor)] = true
                queue.append(Int(predecessor))
            }
        }
        return states.indices.filter { !reaches[$0] }
    }
}
