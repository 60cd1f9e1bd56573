/// A set of host CPUs.
struct CPUSet: Equatable, Sendable {
    /// More than any Linux has.
    private static let limit = 1 << 16

    private(set) var numbers: Set<Int> = []

    init(_ numbers: Set<Int> = []) {
        self.numbers = numbers
    }

    /// A list as Linux writes it, like "0-3,8"; empty for the empty set.
    init?(list: String) {
        for part in list.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
                first >= 0, first <= last, last < Self.limit
            else { return nil }
            numbers.formUnion(first...last)
        }
    }

    /// A mask as Linux writes it, like "ff,00000001".
    init?(mask: String) {
        let digits = mask.filter { $0 != "," }
        guard digits.count <= Self.limit / 4 else { return nil }
        for (place, digit) in digits.reversed().enumerated() {
            guard let bits = digit.hexDigitValue else { return nil }
            numbers.formUnion((0..<4).filter { bits >> $0 & 1 == 1 }.map { place * 4 + $0 })
        }
    }

    var isEmpty: Bool { numbers.isEmpty }

    /// Its only element.
    var only: Int? { numbers.count == 1 ? numbers.first : nil }

    /// As Linux writes it; "none" for the empty set.
    var list: String {
        guard !isEmpty else { return "none" }
        var ranges: [ClosedRange<Int>] = []
        for number in numbers.sorted() {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }

    func subtracting(_ other: CPUSet) -> CPUSet { CPUSet(numbers.subtracting(other.numbers)) }
    func intersection(_ other: CPUSet) -> CPUSet { CPUSet(numbers.intersection(other.numbers)) }
}
