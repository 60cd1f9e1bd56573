extension ContinuousClock.Instant {
    /// How long until then, as poll(2) wants it: rounded up, 0 if it has passed.
    var millisecondsLeft: Int32 {
        let left = self - .now
        guard left > .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        guard seconds < 1_000_000 else { return .max }
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
