import Hummingbird
import HummingbirdTLS
import NIOCore
import NIOPosix
import NIOSSL
