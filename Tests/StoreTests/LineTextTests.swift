import Testing

@testable import Store

/// Rows as line protocol, with names and texts that need care.
@Suite struct LineTextTests {
    @Test func whatSeparatesIsEscaped() {
        var line = LineText("forestall_event")
        line.tag("device", "pump 1,left=a")
        line.tag("site", "")
        line.tag("name", "two\nlines")
        line.field("value", "say \"no\" \\ or\nyes")
        line.field("count", Int64(7))
        line.field("mean", 0.1)
        #expect(
            String(decoding: line.ended(at: 5), as: UTF8.self)
                == "forestall_event,device=pump\\ 1\\,left\\=a,name=two\\ lines "
                + "value=\"say \\\"no\\\" \\\\ or\nyes\",count=7i,mean=0.1 5\n")
    }

    @Test func noFieldNoLine() {
        var line = LineText("m")
        line.tag("device", "p")
        line.field("mean", Double.nan)
        line.field("max", Double.infinity)
        #expect(line.ended(at: 5).isEmpty)
    }
}
