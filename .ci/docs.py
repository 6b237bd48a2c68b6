"""Keeps the documentation true: snippets, links, the two languages, targets of make.

    docs.py --check     says what is wrong and fails
    docs.py --write     copies the snippets from their files into the pages

A snippet is a fenced block after a line `<!-- include PATH#ANCHOR -->`. The file has lines with `ANCHOR: name` and
`ANCHOR_END: name` around it; without an anchor the whole file is shown. Files that are shown are run by the tests.
Commands, output, pictures and configuration are written in place; a program never is, on any page.
"""

import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
IN_PLACE = {"sh", "text", "mermaid", "ini", "nginx", "dockerfile", "toml", "json"}
PROGRAMS = {"rust", "python", "js", "ts", "java", "php"}
NAMES = {".rs": "rust", ".py": "python", ".mjs": "js", ".js": "js", ".ts": "ts", ".java": "java", ".php": "php",
         ".toml": "toml", ".xml": "xml", ".json": "json"}
MARKER = re.compile(r"<!-- include ([^\s#]+)(?:#(\S+))? -->$")
FENCE = re.compile(r"^(```+)([^`]*)$")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
ANCHOR = re.compile(r"\bANCHOR(?:_END)?: \S+")


class Block(NamedTuple):
    begin: int  # the line of the opening fence
    end: int  # the line of the closing fence
    language: str
    source: tuple | None  # path and anchor, from the marker
    text: str


def snippet(path, anchor):
    """The text of an anchor without its indentation, or of a whole file."""
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    if anchor:
        def find(word):
            pattern = re.compile(rf"\b{word}: {re.escape(anchor)}(?:\s|$)")
            return [n for n, line in enumerate(lines) if pattern.search(line)]
        begin, end = find("ANCHOR"), find("ANCHOR_END")
        if len(begin) != 1 or len(end) != 1 or begin[0] >= end[0]:
            raise ValueError(f"{path} has no single anchor {anchor}")
        lines = lines[begin[0] + 1:end[0]]
    lines = [line for line in lines if not ANCHOR.search(line)]
    return textwrap.dedent("\n".join(lines)).strip("\n")


def blocks(text):
    """Every fenced block of a page."""
    lines, found, n = text.split("\n"), [], 0
    while n < len(lines):
        if fence := FENCE.match(lines[n]):
            end = next((m for m in range(n + 1, len(lines)) if lines[m] == fence[1]), None)
            if end is None:
                raise ValueError(f"line {n + 1}: a block is not closed")
            marker = MARKER.match(lines[n - 1]) if n else None
            found.append(Block(n, end, fence[2], marker and marker.groups(), "\n".join(lines[n + 1:end])))
            n = end
        n += 1
    return found


def prose(text):
    """The page without its blocks."""
    lines = text.split("\n")
    for block in blocks(text):
        lines[block.begin:block.end + 1] = [""] * (block.end + 1 - block.begin)
    return "\n".join(lines)


def headings(text):
    return [(len(m[1]), m[2].strip()) for m in re.finditer(r"^(#{1,6}) (.+)$", prose(text), re.M)]


def slugs(text):
    """The anchors that GitHub gives to headings."""
    seen, found = {}, set()
    for _, title in headings(text):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if slug in seen else slug)
        seen[slug] = seen.get(slug, 0) + 1
    return found


def links(text):
    return [target for target in LINK.findall(re.sub(r"`[^`\n]*`", "", prose(text))) if not re.match("[a-z]+:", target)]


def check_snippets(text, strict):
    """What is wrong, and the page as it should be. On a strict page every block comes from a file or is in place."""
    problems, lines = [], text.split("\n")
    for block in reversed(blocks(text)):
        if block.source is None:
            if block.language in PROGRAMS or (strict and block.language not in IN_PLACE):
                problems.append(f"line {block.begin + 1}: a block of {block.language or 'nothing'} comes from no file")
            continue
        path, anchor = block.source
        try:
            wanted = snippet(path, anchor)
        except (OSError, ValueError) as error:
            problems.append(f"line {block.begin}: {error}")
            continue
        language = NAMES.get(Path(path).suffix, "text")
        if (block.language, block.text) != (language, wanted):
            problems.append(f"line {block.begin + 1}: differs from {path}; run python3 .ci/docs.py --write")
            lines[block.begin:block.end + 1] = [f"```{language}", *wanted.split("\n"), "```"]
    if text.count("<!-- include ") != sum(block.source is not None for block in blocks(text)):
        problems.append("an include marker has no block in the next line")
    return problems, "\n".join(lines)


def check_links(page, text):
    for target in links(text):
        path, _, anchor = unquote(target).partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            yield f"link to {target}: there is no such file"
        elif anchor and file.suffix == ".md" and anchor not in slugs(file.read_text(encoding="utf-8")):
            yield f"link to {target}: there is no such heading"


def check_targets(text):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    used = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.M))
    return [f"there is no `make {target}`" for target in sorted(used - targets)]


def shape(text):
    """What must be equal in both languages."""
    return {
        "levels of headings": [level for level, _ in headings(text)],
        "blocks": [(block.language, block.source, block.text) for block in blocks(text)],
        "columns of table rows": [line.count("|") for line in prose(text).split("\n") if line.startswith("|")],
        "linked pages": sorted(Path(target.partition("#")[0]).name for target in links(text)),
    }


def check_pairs():
    """Every page of docs/en and every page of docs itself, but its README, has its twin in docs/zh."""
    english, chinese, common = ({p.name for p in (ROOT / "docs" / part).glob("*.md")} for part in ("en", "zh", "."))
    for name in sorted(english | chinese | common - {"README.md"}):
        original = ROOT / "docs" / ("en" if name in english else "") / name
        translation = ROOT / "docs" / "zh" / name
        if not original.exists() or not translation.exists():
            yield f"docs: {name} exists in one language only"
            continue
        one, other = (shape(page.read_text(encoding="utf-8")) for page in (original, translation))
        for what in one:
            if one[what] != other[what]:
                yield f"docs/zh/{name}: {what} differ:\n  {one[what]}\n  {other[what]}"


def check_page(name, write):
    """How many snippets a page has, and what is wrong with it."""
    page = ROOT / name
    text, problems = page.read_text(encoding="utf-8"), []
    # Blocks of the mock server's pages have tests of their own.
    strict = name == "README.md" or (page.parent.name in ("en", "zh") and not page.name.startswith("mock-server"))
    try:
        problems, right = check_snippets(text, strict)
        if write and right != text:
            page.write_text(right, encoding="utf-8")
            problems, text = check_snippets(right, strict)[0], right
        problems += [*check_links(page, text), *check_targets(text)]
    except ValueError as error:
        problems.append(str(error))
    return text.count("<!-- include "), [f"{name}: {problem}" for problem in problems]


def main():
    if sys.argv[1:] not in (["--check"], ["--write"]):
        sys.exit(__doc__)
    command = ["git", "ls-files", "-co", "--exclude-standard", "--deduplicate", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    names = [name for name in listed if (ROOT / name).exists()]
    results = [check_page(name, sys.argv[1] == "--write") for name in names]
    problems = [problem for _, found in results for problem in found] + list(check_pairs())
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(names)} pages, {sum(count for count, _ in results)} snippets, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
