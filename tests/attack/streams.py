"""HTTP/2 by hand: calls that announce what they do not send. As polite as it must be for the connection to live (settings,
windows), and no politer.

    connection = Connection(world, "clients/school")
    stream = connection.call("/qaqpa.avtoshkola.v1.Training/GetSchool")
    connection.send(stream, b"\\0\\0\\x3f\\xff\\xff")
    connection.listen()
    connection.answers[stream]               {":status": "200", "grpc-status": "8", ...}, or "reset"
"""

import ssl

from hpack import Decoder, Encoder
from hyperframe.frame import DataFrame, Frame, HeadersFrame, PingFrame, RstStreamFrame, SettingsFrame, WindowUpdateFrame

from sockets import hello, tls

FRAME = 16384
WINDOW = 65535


class Connection:
    def __init__(self, world, client):
        self.tls = hello(tls(world, client))
        self.tls.setblocking(False)
        self.encoder, self.decoder = Encoder(), Decoder()
        self.unread, self.unsent, self.open = b"", b"", True
        self.initial, self.window, self.windows, self.answers = WINDOW, WINDOW, {}, {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tls.close()

    def call(self, path, headers=()):
        """Opens a call and says nothing more."""
        stream = 1 + 2 * len(self.windows)
        self.windows[stream] = self.initial
        frame = HeadersFrame(stream, flags=["END_HEADERS"])
        frame.data = self.encoder.encode([(":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "localhost"),
                                          ("content-type", "application/grpc"), ("te", "trailers"), *headers])
        self.write(frame)
        return stream

    def send(self, stream, octets):
        """As much of it as the windows allow; returns how much that was."""
        octets = octets[:max(0, min(self.window, self.windows[stream], FRAME))]
        if octets:
            self.window -= len(octets)
            self.windows[stream] -= len(octets)
            self.write(DataFrame(stream, data=octets))
        return len(octets)

    def write(self, frame):
        self.unsent += frame.serialize()
        self.flush()

    def flush(self):
        try:
            while self.unsent:
                self.unsent = self.unsent[self.tls.send(self.unsent):]
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        except (ConnectionError, ssl.SSLError):
            self.open = False

    def listen(self):
        """Takes what has come, without waiting."""
        try:
            while octets := self.tls.recv(65536):
                self.unread += octets
            self.open = False
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except (ConnectionError, ssl.SSLError):
            self.open = False
        while len(self.unread) >= 9:
            frame, length = Frame.parse_frame_header(memoryview(self.unread[:9]))
            if len(self.unread) < 9 + length:
                break
            frame.parse_body(memoryview(self.unread[9:9 + length]))
            self.unread = self.unread[9 + length:]
            self.take(frame)
        self.flush()

    def take(self, frame):
        match frame:
            case SettingsFrame() if "ACK" not in frame.flags:
                initial = frame.settings.get(SettingsFrame.INITIAL_WINDOW_SIZE, self.initial)
                self.windows = {stream: window + initial - self.initial for stream, window in self.windows.items()}
                self.initial = initial
                self.write(SettingsFrame(0, flags=["ACK"]))
            case WindowUpdateFrame(stream_id=0):
                self.window += frame.window_increment
            case WindowUpdateFrame() if frame.stream_id in self.windows:
                self.windows[frame.stream_id] += frame.window_increment
            case PingFrame() if "ACK" not in frame.flags:
                self.write(PingFrame(0, opaque_data=frame.opaque_data, flags=["ACK"]))
            case HeadersFrame():
                self.answers.setdefault(frame.stream_id, {}).update(self.decoder.decode(frame.data))
            case RstStreamFrame():
                self.answers.setdefault(frame.stream_id, "reset")
