import Interrupts

/// A vCPU's quantum; C knows it as `eli_quantum *`. The caller keeps calls apart.
final class Quantum: Handle {
    var policy: QuantumPolicy

    init(_ policy: QuantumPolicy) { self.policy = policy }
}
