#!/usr/bin/env python3
"""Draws the README's pictures: runs gpucheck on a terminal of its own (a pty), and writes what that terminal shows as SVG, light and dark.

usage: pictures.py GPUCHECK [--check]

The facts of each run are saved reports of the tests, so that the same program draws the same bytes on any machine. With --check nothing is
written, and the exit code is 1 where a picture is not what the program shows (`cargo test --test pictures` calls it so)."""
import fcntl, os, pathlib, pty, re, struct, sys, termios
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent
# A picture: its name, what is typed, what is run for it (the saved facts stand for the machine), the folder that it runs in, and the
# columns of the terminal.
PICTURES = [
    ("doctor", "gpucheck", ["--replay", "tests/facts/patient-5090.json"], ".", 104),
    (
        "check",
        "gpucheck check Dockerfile --gpu 5090 --driver 580.95.05",
        ["check", "Dockerfile", "--gpu", "5090", "--driver", "580.95.05", "--os", "linux"],
        "docs/pictures/project",
        104,
    ),
]
# Foreground, background, prompt, and the colours by their SGR number.
THEMES = {
    "light": ("#1f2328", "#ffffff", "#59636e", {31: "#c9252d", 32: "#1a7f37", 33: "#8a6100", 34: "#0969da", 35: "#8250df", 36: "#0b6e80"}),
    "dark": ("#d8dee4", "#0d1117", "#8b949e", {31: "#ff7b72", 32: "#4ec965", 33: "#d9a528", 34: "#6cb2ff", 35: "#d2a8ff", 36: "#56c8d8"}),
}
SIZE, ADVANCE, LINE, MARGIN = 14, 8.4, 19, 16
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"


def on_a_terminal(program, words, folder, columns):
    """What the program writes to a terminal of so many columns."""
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": "/home/you", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    child, master = pty.fork()
    if child == 0:
        # The size has to stand before the program asks for it.
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        os.chdir(ROOT / folder)
        os.execve(program, [program, *words], environment)
    read = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # Linux says so when the other end is closed.
            break
        if not part:
            break
        read += part
    os.waitpid(child, 0)
    return read.decode().replace("\r\n", "\n")


def runs(line, state):
    """The parts of a line that look alike: (column, text, colour, bold, dim). `state` goes on to the next line."""
    column, parts = 0, []
    for piece in re.split(r"(\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\)", line):
        if piece.startswith("\x1b["):
            for code in (int(code or 0) for code in piece[2:-1].split(";")):
                if code == 0:
                    state.update(colour=None, bold=False, dim=False)
                elif code == 1:
                    state["bold"] = True
                elif code == 2:
                    state["dim"] = True
                elif 30 <= code <= 37:
                    state["colour"] = code
        elif piece and not piece.startswith("\x1b]"):
            parts.append((column, piece, state["colour"], state["bold"], state["dim"]))
            column += len(piece)
    return parts


def rows(shown, columns):
    """The rows of the terminal, each a list of runs: a line that is too long goes on in the next row."""
    state, folded = {"colour": None, "bold": False, "dim": False}, []
    for line in shown.rstrip("\n").split("\n"):
        own = [[]]
        for column, text, *look in runs(line, state):
            while text:
                row, column_there = divmod(column, columns)
                own += [[] for _ in range(row + 1 - len(own))]
                part, text = text[: columns - column_there], text[columns - column_there :]
                own[row].append((column_there, part, *look))
                column += len(part)
        folded += own
    return folded


def picture(typed, shown, columns, theme):
    ink, paper, faint, colours = THEMES[theme]
    lines = rows(shown, columns)
    width, height = round(columns * ADVANCE + 2 * MARGIN), (len(lines) + 2) * LINE + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(typed)}">',
        f'<rect width="{width}" height="{height}" rx="8" fill="{paper}" stroke="{faint}" stroke-opacity="0.4"/>',
        f'<g font-family="{FONT}" font-size="{SIZE}" fill="{ink}" xml:space="preserve">',
    ]

    def write(row, column, text, colour, bold, dim):
        stripped = text.strip(" ")
        if not stripped:
            return
        column += len(text) - len(text.lstrip(" "))
        style = f' fill="{colour}"' if colour else ""
        style += ' font-weight="bold"' if bold else ""
        style += ' opacity="0.7"' if dim else ""
        x, y = MARGIN + column * ADVANCE, MARGIN + row * LINE + SIZE
        out.append(f'<text x="{x:.1f}" y="{y}" textLength="{len(stripped) * ADVANCE:.1f}"{style}>{escape(stripped)}</text>')

    write(0, 0, "$", faint, False, False)
    write(0, 2, typed, None, True, False)
    for row, parts in enumerate(lines):
        for column, text, colour, bold, dim in parts:
            write(row + 2, column, text, colours.get(colour), bold, dim)
    return "\n".join(out + ["</g>", "</svg>"]) + "\n"


def main():
    named = [word for word in sys.argv[1:] if word != "--check"]
    if len(named) != 1 or not os.access(named[0], os.X_OK):
        sys.exit("usage: pictures.py GPUCHECK [--check], with the program that is to be drawn")
    program = str(pathlib.Path(named[0]).resolve())
    check, wrong = "--check" in sys.argv[1:], []
    pictures = ROOT / "docs" / "pictures"
    for name, typed, words, folder, columns in PICTURES:
        shown = on_a_terminal(program, words, folder, columns)
        for theme in THEMES:
            drawn, path = picture(typed, shown, columns, theme), pictures / f"{name}-{theme}.svg"
            if not check:
                path.write_text(drawn)
            elif not path.exists() or path.read_text() != drawn:
                wrong.append(path.name)
    if wrong:
        sys.exit(f"not what the program shows: {', '.join(wrong)} (scripts/pictures.py GPUCHECK draws them)")


main()
