import unittest

import document

TEXT = """# Title
by hand
<!-- one: written by ./bench.sh -->
old
<!-- end -->
between
<!-- two: written by ./bench.sh -->
<!-- end -->
"""


class Document(unittest.TestCase):
    def test_only_what_stands_between_the_marks_changes(self):
        self.assertEqual(document.replaced(TEXT, {"one": "new\n\n"}), TEXT.replace("old", "new"))

    def test_an_empty_block_is_filled(self):
        self.assertIn("./bench.sh -->\nfull\n<!-- end -->\n", document.replaced(TEXT, {"two": "full"}))

    def test_writing_the_same_again_changes_nothing(self):
        once = document.replaced(TEXT, {"one": "a | \\1 | b", "two": "c"})
        self.assertEqual(document.replaced(once, {"one": "a | \\1 | b", "two": "c"}), once)

    def test_a_block_without_a_place_is_an_error(self):
        with self.assertRaisesRegex(KeyError, "three"):
            document.replaced(TEXT, {"three": "new"})


if __name__ == "__main__":
    unittest.main()
