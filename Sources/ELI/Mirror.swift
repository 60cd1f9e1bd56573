import VIOMMU

/// What the host has been told of a device's mappings; C knows it as `eli_viommu_mirror *`. The
/// caller keeps calls apart.
final class Mirror: Handle {
    var mirror: MappingMirror

    init(_ configuration: MirrorConfiguration) {
        mirror = MappingMirror(configuration)
    }
}
