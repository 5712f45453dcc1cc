import Testing

/// The program as people and other programs meet it: every test here starts the real executable
/// and judges it by exit codes, output and files.
///
/// One after the other, in all suites inside this one: each test may use the whole machine, and
/// what is timed is nothing.
@Suite(.serialized) enum EndToEndTests {}
