/// A delivered ticket document, read back for people.
struct TicketFacts: Decodable {
    struct Life: Decodable {
        var p05: Double
        var p50: Double
        var p95: Double?
    }

    struct Evidence: Decodable {
        var signal: String
        var unit: String?
        var value: Double
        var baseline: Double?
        var change: Double?
        var contribution: Double
        var since: String?
    }

    struct Part: Decodable {
        var number: String
        var quantity: Int
    }

    struct Recommendation: Decodable {
        var action: String?
        var firstCheck: String?
        var parts: [Part]
        var skill: String?
        var durationMinutes: Int?
    }

    struct Cost: Decodable {
        var wait: Double?
        var act: Double?
        var currency: String?
    }

    var ticket: String
    var device: String
    var deviceClass: String
    var attributes: [String: String]
    var component: String
    var failureMode: String
    var severity: String
    var health: Double?
    var risk: Double?
    var horizonSeconds: Double?
    var rulSeconds: Life?
    var firstSeen: String
    var openedAt: String
    var serviceBy: String?
    var reason: String
    var evidence: [Evidence]
    var recommendation: Recommendation
    var cost: Cost
}
