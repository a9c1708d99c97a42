"""mycelium tlv against messages that are made here, with zlib's CRC-32."""
import json
import struct
import unittest
import zlib

from support import CommandTest

TRADE = struct.pack("<QqqQHBBB3x", 2**64 - 1, -(2**63), 2**63 - 1, 1700000000123456789, 7, 1, 0, 1)


def message(payload, relay_domain=1, version=1, source=1, flags=0, sequence=7, timestamp=1700000000123456789,
            payload_size=None, magic=0xDEADBEEF):
    head = struct.pack("<IBBBBQQI", magic, relay_domain, version, source, flags, sequence, timestamp,
                       len(payload) if payload_size is None else payload_size)
    return head + struct.pack("<I", zlib.crc32(head + payload)) + payload


def form(tlvs, **changes):
    return {"relay_domain": 1, "version": 1, "source": 1, "flags": 0, "sequence": 7,
            "timestamp": 1700000000123456789, "tlvs": tlvs} | changes


class Encode(CommandTest):
    def encode(self, value):
        return self.run_command("tlv", "encode", stdin=json.dumps(value).encode())

    def test_a_trade_becomes_its_bytes(self):
        done = self.encode(form([{"type": 1, "hex": TRADE.hex()}]))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(done.stdout, message(b"\x01\x28" + TRADE))

    def test_all_numbers_are_exact(self):
        done = self.encode(form([], relay_domain=255, version=255, source=254, flags=128, sequence=2**64 - 1, timestamp=2**64 - 1))
        self.assertEqual(done.stdout, message(b"", 255, 255, 254, 128, 2**64 - 1, 2**64 - 1))

    def test_long_values_and_type_255_take_the_extended_head(self):
        done = self.encode(form([{"type": 9, "hex": "ab" * 300}, {"type": 255, "hex": "01"}, {"type": 9, "hex": ""}]))
        self.assertEqual(done.stdout, message(
            bytes([255, 0, 9]) + struct.pack("<H", 300) + b"\xab" * 300 + bytes([255, 0, 255, 1, 0, 1, 9, 0])))

    def test_upper_case_hex_is_read(self):
        self.assertEqual(self.encode(form([{"type": 2, "hex": "AbCd"}])).stdout, message(b"\x02\x02\xab\xcd"))

    def test_wrong_json_is_refused_in_one_line(self):
        whole = json.dumps(form([{"type": 2, "hex": "00"}]))
        cases = ["", " \n", "nonsense", "[]", "7", whole[:-1], whole + whole, whole + "x", "{}",
                 json.dumps(form([], sequence=2**64)), json.dumps(form([], relay_domain=-1)),
                 json.dumps(form([], source=256)), json.dumps(form([], flags="0")), json.dumps(form([], timestamp=1.5)),
                 json.dumps(form("x")), json.dumps(form([7])), json.dumps(form([{"type": 2}])),
                 json.dumps(form([{"hex": "00"}])), json.dumps(form([{"type": 256, "hex": "00"}])),
                 json.dumps(form([{"type": 2, "hex": "0"}])), json.dumps(form([{"type": 2, "hex": "0g"}])),
                 json.dumps(form([{"type": 2, "hex": "00" * 65536}])), "[" * 100000]
        for name in ("relay_domain", "version", "source", "flags", "sequence", "timestamp", "tlvs"):
            short = form([])
            del short[name]
            cases.append(json.dumps(short))
        for case in cases:
            with self.subTest(json=case[:80]):
                self.check_refused(self.run_command("tlv", "encode", stdin=case.encode()), 1, "mycelium tlv encode: ")

    def test_what_is_missing_is_named(self):
        short = form([])
        del short["sequence"]
        self.check_refused(self.encode(short), 1, "'sequence' is missing")


class Decode(CommandTest):
    def decode(self, data, *options):
        return self.run_command("tlv", "decode", *options, stdin=data)

    def test_a_trade_is_shown_with_all_its_fields(self):
        data = message(b"\x01\x28" + TRADE)
        done = self.decode(data)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(done.stdout.count(b"\n"), 1)
        self.assertEqual(json.loads(done.stdout), form(
            [{"type": 1, "hex": TRADE.hex(),
              "trade": {"asset_id": 2**64 - 1, "price": -(2**63), "volume": 2**63 - 1,
                        "exchange_time": 1700000000123456789, "venue": 7, "asset_type": 1, "reserved": 0, "side": 1,
                        "padding": [0, 0, 0]}}],
            payload_size=42, checksum=struct.unpack("<I", data[28:32])[0], checksum_ok=True))

    def test_unknown_types_sources_and_versions_are_shown(self):
        done = self.decode(message(bytes([77, 1, 5, 200, 0]), source=99, version=3, flags=64))
        value = json.loads(done.stdout)
        self.assertEqual(value["tlvs"], [{"type": 77, "hex": "05"}, {"type": 200, "hex": ""}])
        self.assertEqual((value["source"], value["version"], value["flags"]), (99, 3, 64))

    def test_what_decode_prints_encode_reads(self):
        for payload in (b"", b"\x01\x28" + TRADE, bytes([255, 0, 9, 1, 0, 7]), bytes([255, 0, 255, 0, 0]), b"\x02\x00" * 500):
            data = message(payload)
            self.assertEqual(self.run_command("tlv", "encode", stdin=self.decode(data).stdout).stdout, data)

    def test_every_cut_is_refused(self):
        data = message(b"\x02\x03abc")
        for size in range(len(data)):
            self.check_refused(self.decode(data[:size]), 1, "byte ")

    def test_what_is_wrong_is_said_with_its_position(self):
        good = message(b"\x02\x03abc")
        broken_sum = good[:28] + b"\0\0\0\0" + good[32:]
        for data, parts in (
                (b"", ["byte 0", "empty"]),
                (good + b"x", ["byte 37", "1 bytes too many"]),
                (good + good, ["byte 37", "37 bytes too many"]),
                (message(b"", magic=0xDEADBEEE), ["byte 0", "magic"]),
                (message(b"\x02\x03ab"), ["payload, which begins at byte 32", "TLV at byte 0", "3 bytes", "2 are left"]),
                (message(b"\x02\x00\x02"), ["TLV at byte 2"]),
                (message(b"\xff\x00\x02\x01"), ["TLV at byte 0"]),
                (message(b"\xff\x01\x02\x00\x00"), ["TLV at byte 1", "255"]),
                (message(b"\xff\x00\x02\x02\x00a"), ["TLV at byte 0", "2 bytes"]),
                (message(b"\x02\x00\x01\x27" + TRADE[:39]), ["byte 34", "trade", "40", "39"]),
                (message(b"\x02\x03abc", payload_size=6), ["byte 24", "payload_size is 6", "5 bytes"]),
                (broken_sum, ["byte 28", "checksum", "--force"])):
            with self.subTest(data=data[:50]):
                self.check_refused(self.decode(data), 1, "mycelium tlv decode: ", *parts)
                if data is not broken_sum:
                    self.check_refused(self.decode(data, "--force"), 1, *parts)

    def test_force_shows_a_wrong_checksum(self):
        good = message(b"\x02\x03abc")
        done = self.decode(good[:28] + b"\1\0\0\0" + good[32:], "--force")
        self.assertEqual(done.returncode, 0)
        value = json.loads(done.stdout)
        self.assertEqual((value["checksum"], value["checksum_ok"]), (1, False))

    def test_a_reader_that_has_gone_is_no_error(self):
        done = self.run_command("tlv", "decode", stdin=message(b"\x02\x03abc"))
        self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
