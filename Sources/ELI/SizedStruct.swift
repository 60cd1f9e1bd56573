/// A C struct of the ABI that starts with its size, as its creator knows it.
///
/// - Note: conforming types are plain C structs: all-zero bytes are a valid value.
protocol SizedStruct {
    init()

    /// Size of the struct in the first minor version of this major version, in bytes.
    static var minimumSize: Int { get }
}

extension SizedStruct {
    /// Copies a caller's struct, which may be older (shorter: the tail reads as zero) or newer
    /// (longer: the tail that this library doesn't know is left out) than this library.
    ///
    /// - Parameter pointer: need not be aligned; at least 4 bytes, and as many as it says.
    /// - Returns: nil if there is no struct or it says that it is shorter than `minimumSize`.
    static func copy(from pointer: UnsafePointer<Self>?) -> Self? {
        guard let pointer else { return nil }
        let source = UnsafeRawPointer(pointer)
        let size = Int(source.loadUnaligned(as: UInt32.self))
        guard size >= minimumSize else { return nil }
        var value = Self()
        withUnsafeMutableBytes(of: &value) { bytes in
            bytes.copyMemory(
                from: UnsafeRawBufferPointer(start: source, count: min(size, bytes.count)))
        }
        return value
    }

    /// Copies the struct into a caller's, as much of it as the caller knows. The caller's size stays.
    ///
    /// - Parameter pointer: need not be aligned; at least 4 bytes, and as many as it says.
    /// - Returns: false, with nothing written, if there is no struct or it says that it is shorter
    ///   than `minimumSize`.
    func store(to pointer: UnsafeMutablePointer<Self>?) -> Bool {
        guard let pointer else { return false }
        let target = UnsafeMutableRawPointer(pointer)
        let prefix = MemoryLayout<UInt32>.size
        let size = Int(target.loadUnaligned(as: UInt32.self))
        guard size >= Self.minimumSize, size >= prefix else { return false }
        withUnsafeBytes(of: self) { bytes in
            guard let source = bytes.baseAddress else { return }
            (target + prefix).copyMemory(
                from: source + prefix, byteCount: min(size, bytes.count) - prefix)
        }
        return true
    }
}
