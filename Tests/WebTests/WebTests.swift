import Testing

/// The tests of this room start servers and run one after another, so that none waits for the
/// cores another takes.
@Suite(.serialized) enum WebTests {}
