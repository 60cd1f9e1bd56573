/// One page of the guest's IDT and the page that is laid over it.
struct ShadowPage: Sendable {
    /// What the guest wrote.
    let guest: SharedPage
    /// What CPUs see instead.
    let shadow: SharedPage

    /// Makes CPUs see what the guest wrote.
    func copy() {
        for index in 0..<SharedPage.wordCount { shadow.store(index, guest.load(index)) }
    }
}
