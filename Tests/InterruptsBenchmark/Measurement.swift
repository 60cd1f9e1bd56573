/// Times a piece of work over many batches.
struct Measurement {
    /// Nanoseconds for one repetition in the fastest and the middle batch.
    let fastest: Double
    let median: Double
    let repetitions: Int

    init(batches: Int = 201, batch: Int, _ body: (Int) -> Void) {
        let clock = ContinuousClock()
        body(0)
        var times: [Double] = []
        for number in 0..<batches {
            let time = clock.measure {
                for repetition in 0..<batch { body(number &* batch &+ repetition) }
            }
            let (seconds, attoseconds) = time.components
            times.append((Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(batch))
        }
        times.sort()
        fastest = times[0]
        median = times[batches / 2]
        repetitions = batches * batch
    }
}
