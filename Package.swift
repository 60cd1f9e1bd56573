// swift-tools-version: 6.2
import PackageDescription

// What libELI.so.1 must be: no Swift runtime to install beside it, one exported symbol, never
// unmapped (its code may still be on some thread's stack when a VMM closes it).
let plugin: [LinkerSetting] = [
    .unsafeFlags([
        "-static-stdlib",
        "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/ELI/libELI.map",
        "-Xlinker", "-soname=libELI.so.1",
        "-Xlinker", "-z", "-Xlinker", "nodelete",
        "-Xlinker", "--no-undefined",
        "-Xlinker", "--gc-sections",
    ])
]

// What property tests run millions of times: optimized in debug builds as well, with its
// assertions.
let optimized: [SwiftSetting] = [
    .unsafeFlags(["-O", "-assert-config", "Debug"], .when(configuration: .debug))
]

let program: [Target.Dependency] = [
    .product(name: "ArgumentParser", package: "swift-argument-parser"),
    .product(name: "Subprocess", package: "swift-subprocess"),
    "Tables",
]

let package = Package(
    name: "ELI",
    products: [
        .library(name: "ELI", type: .dynamic, targets: ["ELILibrary"]),
        .executable(name: "elictl", targets: ["elictl"]),
        .executable(name: "lab", targets: ["Lab"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        .systemLibrary(name: "CELI", path: "Include"),
        .target(name: "Interrupts", swiftSettings: optimized),
        .target(name: "VIOMMU", dependencies: ["Interrupts"], swiftSettings: optimized),
        .target(
            name: "ELI", dependencies: ["CELI", "Interrupts", "VIOMMU"], exclude: ["libELI.map"]),
        .target(name: "ELILibrary", dependencies: ["ELI"], linkerSettings: plugin),
        .target(name: "Tables"),
        .executableTarget(name: "elictl", dependencies: program + ["CELI"]),
        .executableTarget(name: "Lab", dependencies: program + ["SplitMix64"]),
        .testTarget(name: "ELITests", dependencies: ["ELI"], path: "Tests/ELI"),
        .testTarget(name: "elictlTests", dependencies: ["elictl"], path: "Tests/elictl"),
        .testTarget(name: "LabTests", dependencies: ["Lab"], path: "Tests/Lab/Unit"),
        .target(name: "SplitMix64", path: "Tests/SplitMix64", swiftSettings: optimized),
        .testTarget(
            name: "InterruptsTests", dependencies: ["Interrupts", "SplitMix64"],
            path: "Tests/Interrupts", swiftSettings: optimized),
        .testTarget(
            name: "VIOMMUTests", dependencies: ["Interrupts", "SplitMix64", "VIOMMU"],
            path: "Tests/VIOMMU", swiftSettings: optimized),
        .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
        .executableTarget(
            name: "interrupts-benchmark", dependencies: ["AllocationCounter", "Interrupts"],
            path: "Tests/InterruptsBenchmark"),
        .testTarget(
            name: "DeliveryModel", path: "Tests/DeliveryModel", swiftSettings: optimized),
    ]
)
