import Primitives
package import Tickets

/// A ticket change as people and programs outside receive it: one JSON object, the same in the
/// spool, in the tickets file and in the database.
///
/// Keys and their order are a promise; keys may be added, never renamed or removed. What is not
/// known is `null`, so that every document has the same keys; the changes that a person made have
/// one more, `operator`.
package enum TicketDocument {
    package static func json(_ change: TicketChange) -> String {
        let ticket = change.ticket
        var json = JSONText()
        json.object { json in
            json.member("id", change.id)
            json.member("ticket", ticket.id)
            json.member("revision", change.revision)
            json.member("type", change.kind.rawValue)
            json.member("time", change.time.rfc3339)
            json.member("device", ticket.device)
            json.member("device_class", ticket.deviceClass)
            json.key("attributes")
            json.object { json in
                for attribute in ticket.attributes {
                    json.member(attribute.key, attribute.value)
                }
            }
            json.member("component", ticket.component)
            json.member("failure_mode", ticket.failureMode)
            json.member("severity", ticket.severity.name)
            json.member("previous_severity", change.previousSeverity?.name)
            json.member("health", ticket.health)
            json.member("risk", ticket.risk)
            json.member("horizon_seconds", ticket.horizon?.seconds)
            write(ticket.remaining, to: &json)
            json.member("first_seen", ticket.firstSeen.rfc3339)
            json.member("opened_at", ticket.openedAt.rfc3339)
            json.member("service_by", ticket.serviceBy?.rfc3339)
            json.member("reason", ticket.sentence)
            write(ticket.evidence, to: &json)
            write(ticket.advice, to: &json)
            json.key("cost")
            json.object { json in
                json.member("wait", ticket.costOfWaiting)
                json.member("act", ticket.costOfActing)
                json.member("currency", present(ticket.advice.cost.currency))
            }
            json.key("similar_cases")
            json.array { _ in }
            json.key("model")
            json.object { json in
                json.member("name", ticket.model.name)
                json.member("version", ticket.model.version)
            }
            if let note = change.operatorNote { write(note, to: &json) }
        }
        return json.text
    }

    private static func write(_ note: TicketChange.OperatorNote, to json: inout JSONText) {
        json.key("operator")
        json.object { json in
            json.member("by", note.by)
            json.member("planned_for", note.plannedFor?.rfc3339)
            json.member("outcome", note.outcome?.rawValue)
            json.member("part", note.part)
            json.member("note", note.note)
        }
    }

    private static func write(_ life: Ticket.RemainingLifeSeconds?, to json: inout JSONText) {
        json.key("rul_seconds")
        guard let life else { return json.null() }
        json.object { json in
            json.member("p05", life.p05)
            json.member("p50", life.p50)
            json.member("p95", life.p95)
        }
    }

    private static func write(_ evidence: [Ticket.Evidence], to json: inout JSONText) {
        json.key("evidence")
        json.array { json in
            for item in evidence {
                json.object { json in
                    json.member("signal", item.signal)
                    json.member("unit", present(item.unit))
                    json.member("value", item.value)
                    json.member("baseline", item.baseline)
                    json.member("change", item.change)
                    json.member("contribution", item.contribution)
                    json.member("since", item.since?.rfc3339)
                }
            }
        }
    }

    private static func write(_ advice: ComponentAdvice, to json: inout JSONText) {
        json.key("recommendation")
        json.object { json in
            json.member("action", present(advice.action))
            json.member("first_check", present(advice.firstCheck))
            json.key("parts")
            json.array { json in
                for part in advice.parts {
                    json.object { json in
                        json.member("number", part.number)
                        json.member("quantity", part.quantity)
                        // No stock list is known to the program.
                        json.key("available")
                        json.null()
                    }
                }
            }
            json.member("skill", present(advice.skill))
            json.member("duration_minutes", advice.durationMinutes)
        }
    }

    /// An empty text says nothing.
    private static func present(_ text: String?) -> String? {
        text?.isEmpty == false ? text : nil
    }
}
