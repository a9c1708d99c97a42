"""Document: the blocks of a text that a program writes, between marks; what stands outside them is written by hand."""
import re

BLOCK = re.compile(r"(<!-- (?P<name>[\w-]+): written by \./bench\.sh -->\n)(?P<body>.*?)(<!-- end -->)", re.S)


def names(text):
    return [match["name"] for match in BLOCK.finditer(text)]


def replaced(text, blocks):
    """With those of its blocks whose names are in `blocks` (name → lines) written anew. KeyError: one of them has no place."""
    missing = set(blocks) - set(names(text))
    if missing:
        raise KeyError(f"the document has no place for {', '.join(sorted(missing))}")

    def write(match):
        body = blocks.get(match["name"])
        return match[0] if body is None else match[1] + body.rstrip("\n") + "\n" + match[4]

    return BLOCK.sub(write, text)
