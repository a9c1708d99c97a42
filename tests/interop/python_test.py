"""A Python program with python3-msgpack and a socket calls us, by docs/formats/control.md alone."""
import base64
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import unittest
import zlib

import msgpack

COMMAND = os.environ["MYCELIUM"]
SOURCE = os.environ["MYCELIUM_SOURCE_DIR"]
DEADLINE = 60  # seconds
HEADER = "<IBBBBQQII"
CONTROL, UNCHECKED = 0x04, 0x08


def message(body, flags=CONTROL | UNCHECKED, magic=0xDEADBEEF):
    return struct.pack(HEADER, magic, 0, 1, 0, flags, 0, 0, len(body), 0) + body


class Connection:
    def __init__(self, address):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(address)
        self.stream = self.socket.makefile("rb")

    def send(self, body):
        self.socket.sendall(message(body if isinstance(body, bytes) else msgpack.packb(body, use_bin_type=True)))

    def read(self):
        """(flags, sequence, payload) of the next message; None at the end."""
        head = self.stream.read(32)
        if len(head) < 32:
            return None
        magic, _, version, _, flags, sequence, _, size, checksum = struct.unpack(HEADER, head)
        payload = self.stream.read(size)
        assert (magic, version, len(payload)) == (0xDEADBEEF, 1, size)
        if flags & UNCHECKED:
            assert checksum == 0
        else:
            assert checksum == zlib.crc32(head[:28] + payload)
        return flags, sequence, payload

    def answer(self):
        flags, _, payload = self.read()
        assert flags & CONTROL
        return msgpack.unpackb(payload, raw=False)

    def close(self):
        self.stream.close()
        self.socket.close()


def request(identifier, **more):
    return {"version": 1, "type": "request", "id": identifier, "method": "any"} | more


class Plain(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mycelium-interop-")
        self.path = self.folder + "/meet.sock"
        self.running = []

    def tearDown(self):
        for process in self.running:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stderr):
                if stream:
                    stream.close()
        shutil.rmtree(self.folder)

    def start(self, *arguments, **keywords):
        process = subprocess.Popen([COMMAND, *arguments], stderr=subprocess.PIPE, **keywords)
        self.running.append(process)
        return process

    def serve(self, *arguments, url=None):
        process = self.start("serve", url or "unix://" + self.path, *arguments)
        line = process.stderr.readline().decode()
        self.assertIn("serving ", line)
        return line.split()[-1]

    def connect(self, address=None):
        connection = Connection(address or self.path)
        self.addCleanup(connection.close)
        return connection


class Calls(Plain):
    def test_bytes_are_echoed(self):
        self.serve("--echo")
        connection = self.connect()
        connection.send(request(7, params=b"hello"))
        self.assertEqual(connection.answer(), {"version": 1, "type": "response", "id": 7, "result": b"hello"})

    def test_the_client_of_the_documentation_works(self):
        self.serve("--echo")
        with open(SOURCE + "/docs/formats/control.md", encoding="utf-8") as file:
            client = re.search(r"^```python\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL)[1]
        names = {}
        exec(client, names)
        self.assertEqual(names["call"](self.path, "any", b"hello"), b"hello")

    def test_any_other_value_stands_for_its_encoding(self):
        self.serve("--echo")
        connection = self.connect()
        for value in ({"zone": "UTC", "list": [1, -2, 2.5, None, True]}, 7, "text", [b"bin"]):
            connection.send(request(1, params=value))
            self.assertEqual(msgpack.unpackb(connection.answer()["result"], raw=False), value)

    def test_ids_tell_many_answers_apart(self):
        self.serve("--exec", "cat", "--jobs", "4")
        connection = self.connect()
        asked = {identifier: b"%d" % identifier for identifier in (0, 1, 2**32, 2**64 - 1, *range(10, 30))}
        for identifier, body in asked.items():
            connection.send(request(identifier, params=body))
        answers = [connection.answer() for _ in asked]
        self.assertEqual({answer["id"]: answer["result"] for answer in answers}, asked)

    def test_a_failure_is_an_error_with_code_and_message(self):
        self.serve("--exec", "echo sorry >&2; exit 4")
        connection = self.connect()
        connection.send(request(1, params=b"x"))
        self.assertEqual(connection.answer(),
                         {"version": 1, "type": "response", "id": 1, "error": {"code": 4, "message": "sorry"}})

    def test_the_method_arrives(self):
        self.serve("--exec", 'printf "$MYCELIUM_METHOD"')
        connection = self.connect()
        connection.send({"version": 1, "type": "request", "id": 1, "method": "weather.now"})
        self.assertEqual(connection.answer()["result"], b"weather.now")

    def test_a_notification_is_received_and_not_answered(self):
        self.serve("--exec", f'[ "$MYCELIUM_METHOD" = note ] && cat > {self.folder}/got || cat')
        connection = self.connect()
        connection.send({"version": 1, "type": "notification", "method": "note", "params": b"news"})
        connection.send(request(1, params=b"after"))
        self.assertEqual(connection.answer()["id"], 1)  # one command at a time: the first has ended
        with open(self.folder + "/got", "rb") as file:
            self.assertEqual(file.read(), b"news")

    def test_over_tcp_the_answer_is_checksummed(self):
        url = self.serve("--echo", url="tcp://127.0.0.1:0")
        connection = self.connect(("127.0.0.1", int(url.rsplit(":", 1)[1])))
        body = msgpack.packb(request(7, params=b"hello"), use_bin_type=True)
        head = struct.pack("<IBBBBQQI", 0xDEADBEEF, 0, 1, 0, CONTROL, 0, 0, len(body))
        connection.socket.sendall(head + struct.pack("<I", zlib.crc32(head + body)) + body)
        flags, _, payload = connection.read()
        self.assertEqual(flags, CONTROL)
        self.assertEqual(msgpack.unpackb(payload, raw=False)["result"], b"hello")

    def test_a_large_question_comes_back_whole(self):
        self.serve("--echo")
        connection = self.connect()
        body = os.urandom(1 << 20) * 4
        connection.send(request(1, params=body))
        self.assertTrue(connection.answer()["result"] == body)


class Json(Plain):
    def ask(self, connection, **more):
        connection.send(json.dumps(request(7, **more)).encode())
        flags, _, payload = connection.read()
        self.assertEqual(flags & CONTROL, CONTROL)
        return json.loads(payload)

    def test_bytes_are_base64_both_ways(self):
        self.serve("--echo")
        self.assertEqual(self.ask(self.connect(), params=base64.b64encode(b"hello").decode()),
                         {"version": 1, "type": "response", "id": 7, "result": base64.b64encode(b"hello").decode()})

    def test_an_object_reaches_a_replier_of_bytes_as_its_text(self):
        self.serve("--exec", "cat")
        answer = self.ask(self.connect(), params={"zone": "UTC"})
        self.assertEqual(json.loads(base64.b64decode(answer["result"])), {"zone": "UTC"})

    def test_errors_too(self):
        self.serve("--exec", "echo sorry >&2; exit 4")
        self.assertEqual(self.ask(self.connect())["error"], {"code": 4, "message": "sorry"})

    def test_both_forms_share_a_connection(self):
        self.serve("--echo")
        connection = self.connect()
        self.assertEqual(self.ask(connection, params="aGk=")["result"], "aGk=")
        connection.send(request(8, params=b"hi"))
        self.assertEqual(connection.answer()["result"], b"hi")


class Strangers(Plain):
    def test_nonsense_costs_its_sender_the_connection_and_nobody_else_anything(self):
        self.serve("--echo")
        good = self.connect()
        for body in (message(b"x", magic=1), message(b"\xc1"), message(b"{"), message(msgpack.packb(request(1) | {"version": 2})),
                     message(msgpack.packb({"version": 1, "type": "request"})), message(b"", flags=0xF0), b"GET / HTTP/1.1\r\n\r\n" + b" " * 32):
            bad = self.connect()
            bad.socket.sendall(body)
            with self.subTest(body=body):
                try:
                    while bad.read():
                        pass
                except ConnectionResetError:
                    pass
        good.send(request(1, params=b"still here"))
        self.assertEqual(good.answer()["result"], b"still here")

    def test_a_subscriber_of_ones_own_is_served_and_counted(self):
        pub = self.start("pub", "unix://" + self.path, stdin=subprocess.PIPE)
        end = time.monotonic() + DEADLINE
        while not os.path.exists(self.path) and time.monotonic() < end:
            time.sleep(0.01)
        connection = self.connect()
        hello = msgpack.packb({"pattern": "subscriber", "node": "stranger"})
        connection.send({"version": 1, "type": "request", "id": 1, "method": "mycelium.hello", "params": hello})
        answer = connection.answer()
        self.assertEqual(msgpack.unpackb(answer["result"], raw=False)["pattern"], "publisher")
        pub.stdin.write(b"one\ntwo\n")
        pub.stdin.flush()
        got = []
        while len(got) < 2:
            flags, sequence, payload = connection.read()
            if not flags & CONTROL:
                got.append((sequence, payload))
        self.assertEqual(got, [(1, b"one"), (2, b"two")])
        connection.send({"version": 1, "type": "notification", "method": "mycelium.ack",
                         "params": {"delivered": 2, "dropped": {}}})
        pub.stdin.close()
        self.assertEqual(pub.wait(DEADLINE), 0)
        self.assertIn(b"published 2 messages to 1 subscriber: 2 delivered, 0 lost", pub.stderr.read())


if __name__ == "__main__":
    print("MessagePack by python3-msgpack", ".".join(map(str, msgpack.version)))
    unittest.main()
