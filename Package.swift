// swift-tools-version: 6.2
import PackageDescription

// Three floors. Core never imports Edges; Edges import Core, and each other only as listed; App
// imports everything. The table in Documentation.docc/Architecture.md is the specification, and
// Tests/TidyTests compares it with this manifest and with every `import` line.

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(
    name: "UnixSignals", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")

let core: [Target] = [
    .target(name: "Primitives", path: "Sources/Core/Primitives"),
    .target(name: "LineProtocol", path: "Sources/Core/LineProtocol"),
    .target(name: "Windows", dependencies: ["Primitives"], path: "Sources/Core/Windows"),
    .target(
        name: "Detection", dependencies: ["Windows", "Primitives"], path: "Sources/Core/Detection"),
    .target(
        name: "Prognosis", dependencies: ["Detection", "Windows", "Primitives"],
        path: "Sources/Core/Prognosis"),
    .target(
        name: "Tickets", dependencies: ["Prognosis", "Detection", "Windows", "Primitives"],
        path: "Sources/Core/Tickets"),
    .target(
        name: "Engine",
        dependencies: [
            "Tickets", "Prognosis", "Detection", "Windows", "LineProtocol", "Primitives",
        ],
        path: "Sources/Core/Engine"),
    .target(
        name: "FleetSimulator", dependencies: ["Primitives"], path: "Sources/Core/FleetSimulator"),
]

let edges: [Target] = [
    .target(name: "CPlatform", path: "Sources/Edges/CPlatform"),
    .systemLibrary(
        name: "CZlib", path: "Sources/Edges/CZlib", pkgConfig: "zlib",
        providers: [.apt(["zlib1g-dev"])]),
    .target(
        name: "Platform", dependencies: ["CPlatform", "Primitives"],
        path: "Sources/Edges/Platform"),
    .target(
        name: "Intake", dependencies: ["CZlib", "Platform", "Primitives", logging],
        path: "Sources/Edges/Intake"),
    .target(
        name: "Store",
        dependencies: [
            "Engine", "Tickets", "Prognosis", "Detection", "Windows", "Primitives", grdb,
            grdbSQLite, logging,
        ],
        path: "Sources/Edges/Store"),
    .target(
        name: "Delivery", dependencies: ["Store", "Platform", "Primitives", logging],
        path: "Sources/Edges/Delivery"),
    .target(
        name: "Web",
        dependencies: [
            "Intake", "LineProtocol", "Platform", "Primitives", hummingbird, hummingbirdCore,
            hummingbirdTLS,
            httpTypes, nioCore, nioHTTPTypes, nioPosix, nioSSL, nioTLS, logging,
        ],
        path: "Sources/Edges/Web"),
]

let app: [Target] = [
    .target(
        name: "Daemon",
        dependencies: [
            "Primitives", "LineProtocol", "Windows", "Detection", "Prognosis", "Tickets", "Engine",
            "FleetSimulator", "Platform", "Intake", "Store", "Delivery", "Web", toml, lifecycle,
            unixSignals,
            logging,
        ],
        path: "Sources/App/Daemon"),
    .executableTarget(
        name: "forestall",
        dependencies: [
            "Daemon", "Store", "FleetSimulator", "Tickets", "Primitives", arguments, logging,
        ],
        path: "Sources/App/forestall"),
]

let tests: [Target] = [
    .testTarget(name: "PrimitivesTests", dependencies: ["Primitives"]),
    // What holds for any bytes: checked by the fuzz target and by the ordinary tests.
    .target(
        name: "ParserInvariants", dependencies: ["LineProtocol"], path: "Tests/Fuzz/Invariants"),
    .target(
        name: "LineProtocolCorpus", path: "Tests/Corpus", exclude: ["line-protocol"]),
    .testTarget(
        name: "LineProtocolTests",
        dependencies: ["LineProtocol", "LineProtocolCorpus", "ParserInvariants"]),
    .testTarget(name: "FleetSimulatorTests", dependencies: ["FleetSimulator", "Primitives"]),
    // Peers and directories that more than one of the test targets needs.
    .target(name: "TestSupport", path: "Tests/Support"),
    .testTarget(name: "PlatformTests", dependencies: ["Platform", "Primitives", "TestSupport"]),
    .testTarget(
        name: "IntakeTests",
        dependencies: [
            "Intake", "LineProtocol", "Platform", "Primitives", "TestSupport", logging,
        ]),
    .testTarget(name: "WindowsTests", dependencies: ["Windows", "Primitives"]),
    .testTarget(name: "DetectionTests", dependencies: ["Detection", "Windows", "Primitives"]),
    .testTarget(
        name: "PrognosisTests", dependencies: ["Prognosis", "Detection", "Windows", "Primitives"]),
    .testTarget(
        name: "TicketsTests",
        dependencies: ["Tickets", "Prognosis", "Detection", "Windows", "Primitives"]),
    // What clocks and networks do to lines: a few schedules in the ordinary tests, ten thousand by
    // the program.
    .target(
        name: "ScheduleSimulation",
        dependencies: ["Engine", "Detection", "Windows", "Primitives"],
        path: "Tests/Simulation/Schedules"),
    .executableTarget(
        name: "forestall-simulation", dependencies: ["ScheduleSimulation"],
        path: "Tests/Simulation/Program"),
    .testTarget(
        name: "EngineTests",
        dependencies: [
            "Engine", "FleetSimulator", "LineProtocol", "ScheduleSimulation", "Tickets",
            "Prognosis", "Detection", "Windows", "Primitives",
        ]),
    .testTarget(
        name: "StoreTests",
        dependencies: [
            "Store", "Engine", "Tickets", "Prognosis", "Detection", "Windows", "Primitives", grdb,
            logging,
        ]),
    .testTarget(
        name: "DeliveryTests",
        dependencies: [
            "Delivery", "Store", "Engine", "Tickets", "Prognosis", "Detection", "Windows",
            "Platform", "Primitives", grdb, logging,
        ]),
    .testTarget(
        name: "WebTests",
        dependencies: [
            "Web", "Intake", "LineProtocol", "Platform", "Primitives", "TestSupport", logging,
        ]),
    .testTarget(
        name: "DaemonTests",
        dependencies: [
            "Daemon", "Engine", "Tickets", "Prognosis", "Detection", "Windows", "Primitives",
            "TestSupport",
        ]),
    // Replaces malloc in the program of the tests, so it is in no product.
    .target(name: "AllocationCount", path: "Tests/AllocationCount"),
    .testTarget(
        name: "AllocationTests",
        dependencies: ["AllocationCount", "Engine", "Intake", "Platform", "Primitives", logging]),
    // The real binary, real sockets, real files; the dependency makes sure that it is built.
    .testTarget(
        name: "EndToEndTests", dependencies: ["forestall", "LineProtocolCorpus", "TestSupport"]),
    .testTarget(name: "TidyTests"),
    .executableTarget(
        name: "forestall-bench",
        dependencies: [
            "FleetSimulator", "LineProtocol", "Windows", "Detection", "Prognosis", "Tickets",
            "Engine", "Platform", "Store", "Primitives", grdb, grdbSQLite, logging,
        ],
        path: "Tests/Benchmarks",
        exclude: [
            "results.md", "detection.py", "detectors.py", "figures.py", "flash.py", "idle.py",
            "ingest.py", "peers.py", "recordings.py", "replay.py", "restart.py", "lines.h",
            "load.c",
            "receiver.c",
        ]),
]

// A fuzz target has no `main` and needs libFuzzer, so no ordinary build contains it. `make fuzz`
// sets FORESTALL_FUZZ, and the package is then the parser and what checks it, instrumented.
let isFuzzing = Context.environment["FORESTALL_FUZZ"] != nil
func instrumented(_ target: Target) -> SwiftSetting {
    // What guides the fuzzer is the parser's coverage, not that of the checks.
    let sanitizers = target.name == "LineProtocol" ? "fuzzer,address" : "address"
    return .unsafeFlags(["-sanitize=" + sanitizers, "-parse-as-library"])
}
let fuzzed = ["LineProtocol", "ParserInvariants"]
let fuzz: [Target] =
    (core + tests).filter { fuzzed.contains($0.name) } + [
        .target(name: "FuzzDriver", path: "Tests/Fuzz/Driver"),
        .executableTarget(
            name: "forestall-fuzz",
            dependencies: ["FuzzDriver", "ParserInvariants", "LineProtocol"],
            path: "Tests/Fuzz/LineProtocol",
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address"])]),
    ]

let package = Package(
    name: "forestall",
    platforms: [.macOS(.v15)],
    products: isFuzzing ? [] : [.executable(name: "forestall", targets: ["forestall"])],
    dependencies: isFuzzing
        ? []
        : [
            .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
            .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
            .package(
                url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
            .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
            .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
            .package(
                url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
            .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
            .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
            .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
            .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        ],
    targets: isFuzzing ? fuzz : core + edges + app + tests)

// The gate sets FORESTALL_STRICT; a user's build does not, so that a newer compiler's new warning
// breaks the gate and nobody's installation.
let strict = Context.environment["FORESTALL_STRICT"] != nil

for target in package.targets where target.type != .system {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .swiftLanguageMode(.v6),
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .strictMemorySafety(),
        ] + (strict ? [.treatAllWarnings(as: .error)] : [])
        + (isFuzzing ? [instrumented(target)] : [])
}
