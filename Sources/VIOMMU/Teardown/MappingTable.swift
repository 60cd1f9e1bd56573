/// Disjoint mappings in the order of their addresses: an AA tree (A. Andersson, "Balanced search
/// trees made simple", 1993) in memory for a fixed number of them. No operation allocates, and
/// each takes a number of steps that grows with the logarithm of the count, whatever the guest
/// chooses as addresses.
///
/// A mapping's number stays the same until it is removed. Numbers are for the caller to get right.
final class MappingTable {
    private var nodes: UnsafeMutablePointer<ToldMapping>
    private(set) var capacity: Int
    private(set) var count = 0
    private var root: UInt32 = 0
    /// Numbers below it have been used; memory above it has never been touched.
    private var used: UInt32 = 1
    /// The first of those that are free again, linked by `left`.
    private var free: UInt32 = 0

    init(capacity: Int) {
        self.capacity = capacity
        nodes = .allocate(capacity: capacity + 1)
        nodes.initialize(to: ToldMapping())
    }

    deinit {
        // Mappings need no deinitialization.
        nodes.deallocate()
    }

    /// Makes room for more.
    func grow(to capacity: Int) {
        guard capacity > self.capacity else { return }
        let larger = UnsafeMutablePointer<ToldMapping>.allocate(capacity: capacity + 1)
        larger.moveInitialize(from: nodes, count: Int(used))
        nodes.deallocate()
        (nodes, self.capacity) = (larger, capacity)
    }

    func removeAll() {
        (root, used, free, count) = (0, 1, 0, 0)
    }

    subscript(number: UInt32) -> ToldMapping {
        get { nodes[Int(number)] }
        set { nodes[Int(number)] = newValue }
    }

    /// The first mapping that doesn't end before an address, 0 if there is none.
    func first(endingFrom address: UInt64) -> UInt32 {
        var (at, best) = (root, UInt32(0))
        while at != 0 {
            if nodes[Int(at)].last >= address {
                (best, at) = (at, nodes[Int(at)].left)
            } else {
                at = nodes[Int(at)].right
            }
        }
        return best
    }

    /// The last mapping that ends before an address, 0 if there is none.
    func last(before address: UInt64) -> UInt32 {
        var (at, best) = (root, UInt32(0))
        while at != 0 {
            if nodes[Int(at)].last < address {
                (best, at) = (at, nodes[Int(at)].right)
            } else {
                at = nodes[Int(at)].left
            }
        }
        return best
    }

    /// - Parameter mapping: overlaps with none that is there.
    /// - Returns: its number, 0 if there is no room.
    @discardableResult
    func insert(_ mapping: Mapping) -> UInt32 {
        guard count < capacity else { return 0 }
        var number = free
        if number != 0 {
            free = nodes[Int(number)].left
        } else {
            number = used
            used += 1
        }
        var node = ToldMapping()
        (node.first, node.last) = (mapping.addresses.lowerBound, mapping.addresses.upperBound)
        (node.isReadable, node.isWritable) = (mapping.isReadable, mapping.isWritable)
        node.output = mapping.output
        node.level = 1
        (nodes + Int(number)).initialize(to: node)
        root = inserted(number, under: root)
        count += 1
        return number
    }

    func remove(_ number: UInt32) {
        root = removed(nodes[Int(number)].first, under: root)
        nodes[Int(number)].left = free
        free = number
        count -= 1
    }

    // MARK: - The tree. Number 0 is a leaf of level 0 that never changes.

    private func inserted(_ number: UInt32, under top: UInt32) -> UInt32 {
        guard top != 0 else { return number }
        if nodes[Int(number)].first < nodes[Int(top)].first {
            nodes[Int(top)].left = inserted(number, under: nodes[Int(top)].left)
        } else {
            nodes[Int(top)].right = inserted(number, under: nodes[Int(top)].right)
        }
        return split(skew(top))
    }

    private func removed(_ first: UInt64, under top: UInt32) -> UInt32 {
        guard top != 0 else { return 0 }
        var top = top
        let node = nodes[Int(top)]
        if first < node.first {
            nodes[Int(top)].left = removed(first, under: node.left)
        } else if first > node.first {
            nodes[Int(top)].right = removed(first, under: node.right)
        } else if node.left == 0, node.right == 0 {
            return 0
        } else {
            // Another takes its place, and keeps its number.
            let heir = node.left == 0 ? leftmost(node.right) : rightmost(node.left)
            let key = nodes[Int(heir)].first
            let left = node.left == 0 ? 0 : removed(key, under: node.left)
            let right = node.left == 0 ? removed(key, under: node.right) : node.right
            nodes[Int(heir)].left = left
            nodes[Int(heir)].right = right
            nodes[Int(heir)].level = node.level
            top = heir
        }
        return rebalanced(top)
    }

    private func leftmost(_ top: UInt32) -> UInt32 {
        var at = top
        while nodes[Int(at)].left != 0 { at = nodes[Int(at)].left }
        return at
    }

    private func rightmost(_ top: UInt32) -> UInt32 {
        var at = top
        while nodes[Int(at)].right != 0 { at = nodes[Int(at)].right }
        return at
    }

    private func level(_ number: UInt32) -> UInt8 { nodes[Int(number)].level }

    private func rebalanced(_ top: UInt32) -> UInt32 {
        let right = nodes[Int(top)].right
        let highest = min(level(nodes[Int(top)].left), level(right)) + 1
        if highest < level(top) {
            nodes[Int(top)].level = highest
            if highest < level(right) { nodes[Int(right)].level = highest }
        }
        let new = skew(top)
        let next = skew(nodes[Int(new)].right)
        nodes[Int(new)].right = next
        if next != 0 { nodes[Int(next)].right = skew(nodes[Int(next)].right) }
        let result = split(new)
        let below = split(nodes[Int(result)].right)
        nodes[Int(result)].right = below
        return result
    }

    /// Turns a left link on the same level into a right one.
    private func skew(_ top: UInt32) -> UInt32 {
        let left = nodes[Int(top)].left
        guard top != 0, left != 0, level(left) == level(top) else { return top }
        nodes[Int(top)].left = nodes[Int(left)].right
        nodes[Int(left)].right = top
        return left
    }

    /// Breaks two right links on the same level up.
    private func split(_ top: UInt32) -> UInt32 {
        let right = nodes[Int(top)].right
        guard top != 0, right != 0, level(nodes[Int(right)].right) == level(top) else { return top }
        nodes[Int(top)].right = nodes[Int(right)].left
        nodes[Int(right)].left = top
        nodes[Int(right)].level += 1
        return right
    }
}
