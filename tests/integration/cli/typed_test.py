"""The command's untyped ends with typed ones of a program."""
import json
import os
import unittest

from support import CommandTest, Running


class Typed(CommandTest):
    def typed(self, *arguments):
        running = Running(self.folder, [os.environ["MYCELIUM_TYPED_ENDS"], *arguments])
        self.started.append(running)
        return running

    def received(self, part):
        typed = self.typed(part, self.url(part))
        done = self.run_command("sub", self.url(part), "--count", "1", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(typed.end(), 0, typed.err())
        return json.loads(done.stdout)

    def test_declared_fields_are_shown_by_name(self):
        self.assertEqual(self.received("publish-fields")["fields"],
                         {"symbol": 'ABC "quoted"', "quantity": -5, "limit": 1.5, "lots": [2**64 - 1], "tag": "aGk="})

    def test_flat_types_too(self):
        self.assertEqual(self.received("publish-flat")["fields"], {"sequence": 7, "celsius": 21.5})

    def test_domain_messages_too_with_their_domain(self):
        message = self.received("publish-trade")
        self.assertEqual(message["header"]["relay_domain"], 1)
        self.assertNotEqual(message["header"]["checksum"], 0)
        self.assertEqual(message["fields"]["asset_id"], 1)
        self.assertEqual(message["fields"]["side"], 1)

    def test_an_answer_is_shown_by_the_repliers_type(self):
        typed = self.typed("serve", self.url())
        # {1: "ABC", 2: 21, 3: nil, 4: [], 5: bin}
        question = bytes.fromhex("85 01 a3414243 02 15 03 c0 04 90 05 c400")
        done = self.run_command("call", self.url(), "-", "--json", "--timeout", "1m", stdin=question)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(json.loads(done.stdout), {"fields": {"text": "bought", "total": 42}})
        self.assertEqual(typed.end(), 0, typed.err())

    def test_a_question_in_json_is_asked_by_the_repliers_type(self):
        typed = self.typed("serve", self.url())
        done = self.run_command("call", self.url(), '{"symbol":"ABC","quantity":21}', "--json", "--timeout", "1m")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(json.loads(done.stdout), {"fields": {"text": "bought", "total": 42}})
        self.assertEqual(typed.end(), 0, typed.err())

    def test_a_question_that_does_not_fit_is_refused_by_its_member(self):
        self.typed("serve", self.url())
        for body, part in (('{"quantity":"many"}', "BODY: 'quantity': a string where an integer is expected"),
                           ('{"quantty":21}', "BODY: 'quantty': there is no such member (did you mean quantity?)"),
                           ("7", "BODY: an integer where an object is expected")):
            done = self.run_command("call", self.url(), body, "--json", "--timeout", "1m")
            self.check_refused(done, 1, "mycelium call: " + part)

    def test_json_to_a_replier_of_bytes_is_sent_as_it_is(self):
        serve = self.start("serve", self.url(), "--echo", "--count", "1")
        done = self.run_command("call", self.url(), '{"a":1}', "--json", "--timeout", "1m")
        self.assertEqual((done.returncode, done.stdout), (0, b'{"base64":"eyJhIjoxfQ=="}\n'))
        self.assertEqual(serve.end(), 0)


if __name__ == "__main__":
    unittest.main()
