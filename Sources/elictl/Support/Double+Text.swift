import Foundation

extension Double {
    /// 1 as "1", 0.5 as "0.5".
    var shortest: String { String(format: "%g", self) }

    /// A rate: what is small has one digit behind the point.
    var rate: String { String(format: self > 0 && self < 99.95 ? "%.1f" : "%.0f", self) }
}
