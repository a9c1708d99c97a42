"""Whatever services start, and whoever is killed: nothing is left."""
import signal

from fabrics import FabricTest, eventually, is_running, main, marked, os

# A child, an orphan, an orphan with a session of its own, and one that hides from the list of its variables.
STRAYS = "NAP & (NAP &) ; (setsid sh -c 'NAP & NAP' &) ; (setsid env -i sh -c '(setsid env -i NAP &)' &) ; "
STRAYS_COUNT = 6  # of sleeps


class NothingLeft(FabricTest):
    def up_with_strays(self, end="NAP"):
        up = self.up(f"""
[service.a]
command = ["sh", "-c", "trap '' TERM; {STRAYS} echo pid $$; {end}"]
stop_within = "100ms"
[service.b]
command = ["sh", "-c", "echo pid $$; exec NAP"]
""")
        a = int(self.writes(up, r"^a \| pid (\d+)$"))
        b = int(self.writes(up, r"^b \| pid (\d+)$"))
        eventually(lambda: len(self.sleeps()) >= STRAYS_COUNT, "all strays")
        return up, a, b

    def sleeps(self):
        found = []
        for pid in marked(self.mark):
            try:
                with open(f"/proc/{pid}/comm", encoding="ascii") as file:
                    if file.read() == "sleep\n":
                        found.append(pid)
            except OSError:
                pass
        return found

    def keeper_of(self, pid):
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return int(file.read().rpartition(")")[2].split()[1])

    def test_after_the_end(self):
        up, _, _ = self.up_with_strays()
        up.signal(signal.SIGTERM)
        self.assertEqual(up.end(), 0)
        self.assertEqual(marked(self.mark), [])  # at once

    def test_after_up_was_killed(self):
        up, _, _ = self.up_with_strays()
        up.signal(signal.SIGKILL)
        up.end()
        self.nothing_is_left()

    def test_after_up_was_stopped_and_killed(self):
        up, _, _ = self.up_with_strays()
        up.signal(signal.SIGSTOP)
        up.signal(signal.SIGKILL)
        up.end()
        self.nothing_is_left()

    def test_a_services_strays_go_with_it_and_its_neighbours_stay(self):
        up, a, b = self.up_with_strays()
        before = self.sleeps()
        before.remove(b)
        os.kill(a, signal.SIGKILL)
        eventually(lambda: not any(is_running(pid) for pid in before), "the end of the strays")
        self.assertTrue(is_running(b))
        self.assertNotEqual(int(self.writes(up, r"^a \| pid (\d+)$", 2)), a)

    def test_after_a_keeper_was_killed_its_service_comes_back(self):
        up, a, b = self.up_with_strays()
        before = self.sleeps()
        before.remove(b)
        os.kill(self.keeper_of(a), signal.SIGKILL)
        eventually(lambda: not any(is_running(pid) for pid in [a, *before]), "the end of the strays")
        self.assertTrue(is_running(b))
        self.writes(up, r"^a \| pid (\d+)$", 2)

    def test_after_up_and_then_a_keeper_were_killed(self):
        up, a, _ = self.up_with_strays()
        keeper = self.keeper_of(a)
        up.signal(signal.SIGKILL)
        try:
            os.kill(keeper, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it was quicker
        up.end()
        eventually(lambda: not is_running(a), "the end of the service")
        while left := marked(self.mark):  # nobody is left who could: this is the one case that nothing covers
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass  # what the keeper had killed was still ending

    def test_one_that_is_stopped_can_be_ended(self):
        up, a, _ = self.up_with_strays()
        os.kill(a, signal.SIGSTOP)
        up.signal(signal.SIGTERM)
        self.assertEqual(up.end(), 0)
        self.assertEqual(marked(self.mark), [])


if __name__ == "__main__":
    main()
