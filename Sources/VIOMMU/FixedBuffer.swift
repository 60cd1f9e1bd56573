/// Memory for a fixed number of elements, allocated when it is made and freed with it.
///
/// - Note: a class, as Embedded Swift wants a non-copyable type's `deinit` in the module that uses
///   it.
final class FixedBuffer<Element> {
    private let start: UnsafeMutablePointer<Element>
    let count: Int

    init(repeating element: Element, count: Int) {
        start = .allocate(capacity: count)
        start.initialize(repeating: element, count: count)
        self.count = count
    }

    deinit {
        start.deinitialize(count: count)
        start.deallocate()
    }

    /// - Parameter index: in `0..<count`, which is for the caller to see to.
    subscript(index: Int) -> Element {
        get { start[index] }
        set { start[index] = newValue }
    }
}
