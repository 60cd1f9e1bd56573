/// Bytes of the register page out of its words of 4 bytes.
enum RegisterBytes {
    /// - Parameters:
    ///   - offset: in the register page, in bytes.
    ///   - size: number of bytes, 1...8.
    ///   - word: the word at an offset that is a multiple of 4. Called with offsets beyond the page
    ///     as well.
    /// - Returns: the value, little-endian; zero beyond the page.
    static func read(at offset: UInt64, size: Int, word: (UInt64) -> UInt32) -> UInt64 {
        guard offset < RegisterOffset.pageSize, size >= 1, size <= 8 else { return 0 }
        let start = offset & ~3
        let shift = (offset & 3) &* 8
        let low = UInt64(word(start)) | UInt64(word(start &+ 4)) &<< 32
        var value = low &>> shift
        if shift > 0, size > 4 { value |= UInt64(word(start &+ 8)) &<< (64 &- shift) }
        return value & UInt64.max &>> UInt64(64 &- size &* 8)
    }
}
