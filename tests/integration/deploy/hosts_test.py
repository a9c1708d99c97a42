"""Mode hosts: two network namespaces with a cable between them, cut and joined again."""
import signal
import subprocess
import unittest

from fabrics import SERVICES, FabricTest, eventually, main, os
from support import COMMAND, Running


def ip(*words):
    return subprocess.run(["ip", *words], capture_output=True, check=False).returncode == 0


@unittest.skipIf(os.geteuid() != 0, "needs root")
class Hosts(FabricTest):
    def setUp(self):
        super().setUp()
        self.spaces = [f"mycelium-{os.getpid()}-{n}" for n in "ab"]
        made = all(ip("netns", "add", space) for space in self.spaces)
        made = made and ip("link", "add", "cable", "netns", self.spaces[0], "type", "veth",
                           "peer", "name", "cable", "netns", self.spaces[1])
        for number, space in enumerate(self.spaces, 1):
            made = made and ip("-n", space, "addr", "add", f"10.99.0.{number}/24", "dev", "cable")
            made = made and ip("-n", space, "link", "set", "cable", "up") and ip("-n", space, "link", "set", "lo", "up")
        if not made:
            self.remove_spaces()
            self.skipTest("cannot make network namespaces")

    def remove_spaces(self):
        for space in self.spaces:
            ip("netns", "del", space)

    def tearDown(self):
        try:
            super().tearDown()
        finally:
            self.remove_spaces()

    def up_at(self, host):
        space = self.spaces["ab".index(host)]
        path = self.fabric("""
[service.source]
host = "a"
[service.near]
host = "a"
command = ["sh", "-c", "echo near dials $MYCELIUM_LINK_NUMBERS; exec NAP"]
[service.sink]
host = "b"
after = ["source"]
[link.numbers]
bound_by = "source"
port = 7001
[host.a]
address = "10.99.0.1"
[host.b]
address = "10.99.0.2"
""", f'mode = "hosts"\nprogram = ["{SERVICES}"]')
        running = Running(self.folder, ["ip", "netns", "exec", space, COMMAND, "up", path, "--host", host])
        self.started.append(running)
        return running

    def has_unheard(self):
        seen = subprocess.run(["ip", "netns", "exec", self.spaces[0], "ss", "-tni"], capture_output=True, check=True)
        return b"backoff:" in seen.stdout or b"retrans:" in seen.stdout

    def test_links_cross_and_come_back_after_a_cut(self):
        b = self.up_at("b")  # in any order
        a = self.up_at("a")
        self.writes(a, f"near dials shm://{self.name}/numbers")
        self.writes(a, "source binds tcp://10.99.0.1:7001")
        self.writes(b, "sink dials tcp://10.99.0.1:7001")
        before = int(self.writes(b, r"sink has (\d+)$"))
        ip("-n", self.spaces[0], "link", "set", "cable", "down")
        eventually(self.has_unheard, "what was sent into the cut cable, again")
        ip("-n", self.spaces[0], "link", "set", "cable", "up")
        count = len(b.out().split(b"sink has"))
        self.assertGreater(int(self.writes(b, r"sink has (\d+)$", count + 1)), before)
        # The binder's host goes down as a whole and comes back.
        a.signal(signal.SIGTERM)
        self.assertEqual(a.end(), 0)
        self.assertNotIn(b"sink | sink ends", b.out())
        receives = b.out().count(b"sink receives")
        self.up_at("a")
        self.writes(b, "sink receives", receives + 1)
        b.signal(signal.SIGTERM)
        self.assertEqual(b.end(), 0)

    def test_a_host_that_is_not_there_is_refused(self):
        done = self.run_command("up", self.fabric("""
[service.a]
command = ["true"]
host = "left"
[host.left]
address = "10.0.0.1"
"""), "--mode", "hosts", "--host", "lfet")
        self.check_refused(done, 2, "the fabric has no host 'lfet' (did you mean left?)")


if __name__ == "__main__":
    main()
