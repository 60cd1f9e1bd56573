/// Stores a value that C looks at for as long as the process runs.
func permanent<Value>(_ value: Value) -> UnsafePointer<Value> {
    let storage = UnsafeMutablePointer<Value>.allocate(capacity: 1)
    storage.initialize(to: value)
    return UnsafePointer(storage)
}
