"""Counts the named forgeries in the tests: rows of a table with the words that say what is forged, and the code of the
finding that must name it.

    named.py [--list]     from the root of the repository

A row counts where its code is one that findings have (codes.rs of the crates); two rows of one file with the same words
count once. Exit status 1 where there are fewer than docs/reliability.md says.
"""
import pathlib, re, sys

ROW = re.compile(r'\(\s*"((?:[^"\\]|\\.)*? (?:[^"\\]|\\.)*|nothing)",')
CODE = re.compile(r'(?:"([a-z0-9]+(?:-[a-z0-9]+)*)"|codes::([A-Z_]+))')
CONSTANT = re.compile(r'pub (?:\(crate\) )?const ([A-Z_]+): &str = "([a-z0-9]+(?:-[a-z0-9]+)+)"')


def main(root=".", listed=False):
    root = pathlib.Path(root)
    known = {}
    for path in root.glob("crates/*/src/**/*.rs"):
        known.update(CONSTANT.findall(path.read_text("utf-8")))
    places, codes = {}, set()
    for path in sorted([*root.glob("crates/*/tests/*.rs"), *root.glob("crates/*/src/**/*.rs")]):
        text = path.read_text("utf-8")
        if path.parts[1] in ("read", "reader"):
            continue  # what is wrong with a report is no forgery
        if "/src/" in str(path) and "/src/tests/" not in str(path):
            text = text.partition("#[cfg(test)]")[2]
        starts = [*ROW.finditer(text)]
        starts = [row for row in starts if "{" not in row[1] and "\\n" not in row[1] and row[1] != "as it was"]
        for row, after in zip(starts, [*(one.start() for one in starts[1:]), len(text)]):
            said = CODE.findall(text[row.end():after].split("\n];")[0])
            told = [known.get(name, code) for code, name in said if name in known or code in known.values()]
            if told:
                places.setdefault(str(path.relative_to(root)), {})[row[1]] = told
                codes |= set(told)
    total = sum(len(rows) for rows in places.values())
    for path, rows in sorted(places.items(), key=lambda one: -len(one[1])):
        print("%4d  %s" % (len(rows), path))
        if listed:
            for words, told in rows.items():
                print("        %s: %s" % (words, ", ".join(told)))
    print("%4d named forgeries by %d codes" % (total, len(codes)))
    promised = re.search(r"must name it: \*\*at least ([0-9]+)\*\*", (root / "docs/reliability.md").read_text("utf-8"))
    return int(total < int(promised[1]))


if __name__ == "__main__":
    sys.exit(main(listed="--list" in sys.argv))
