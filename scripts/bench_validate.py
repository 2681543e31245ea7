"""The measuring half of scripts/bench-validate. Exits with 1 if a limit is not met."""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAM, RUNS, PEER, SCHEMA = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]

PEER_PROGRAM = """
const fs = require('fs');
const validator = require(process.argv[1]);
const read = (path) => JSON.parse(fs.readFileSync(path, 'utf8'));
validator.validateDescriptor(read(process.argv[2]), read(process.argv[3]), () => process.exit(0));
"""


def descriptor(modules):
    """A sound descriptor with so many modules."""
    page = lambda n: {
        "key": f"page-{n}",
        "name": {"value": f"Page number {n}"},
        "url": f"/page/{n}?project={{project.key}}",
        "location": "system.top.navigation.bar",
        "conditions": [{"condition": "user_is_logged_in"}],
    }
    return json.dumps(
        {
            "key": "com.example.bench",
            "name": "Bench",
            "baseUrl": "https://bench.example.com",
            "authentication": {"type": "jwt"},
            "apiMigrations": {"signed-install": True},
            "lifecycle": {"installed": "/installed"},
            "scopes": ["READ"],
            "modules": {"generalPages": [page(n) for n in range(modules)]},
        },
        indent=2,
    )


def median_ms(command, runs, expected):
    """Median wall time of a process, in milliseconds."""
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        ended = subprocess.run(command, capture_output=True, timeout=60, check=False)
        took.append((time.perf_counter() - began) * 1e3)
        assert ended.returncode in expected, (command, ended)
    return statistics.median(took)


def main():
    folder = pathlib.Path(tempfile.mkdtemp())
    failed = False

    def limit(name, found, most):
        nonlocal failed
        failed |= found > most
        print(f"{name:<40} {found:9.2f} ms   limit {most} ms   {'ok' if found <= most else 'MISSED'}")

    def ours(name, text, runs=RUNS, expected=(0, 1)):
        path = folder / name
        path.write_text(text)
        return median_ms([PROGRAM, "validate", str(path), "--format", "short"], runs, expected)

    small, many = descriptor(35), descriptor(200)
    of_small = ours("small.json", small, expected=(0,))
    limit(f"{len(small) / 1e3:.0f} KB, 35 modules", of_small, 10)
    limit(f"{len(many) / 1e3:.0f} KB, 200 modules", ours("many.json", many, expected=(0,)), 30)
    ten = descriptor(40_000)
    ten = ten + " " * max(0, 10_000_000 - len(ten))
    limit(f"{len(ten) / 1e6:.0f} MB (refused)", ours("huge.json", ten, 3, (1,)), 2000)
    # Below the limit of size: twice the text must not take much more than twice the time.
    half, whole = descriptor(1_200), descriptor(2_400)
    one, two = ours("half.json", half), ours("whole.json", whole)
    print(f"{len(half) / 1e3:.0f} KB {one:.2f} ms, {len(whole) / 1e3:.0f} KB {two:.2f} ms: x{two / one:.2f}")
    failed |= two / one > 2.6
    if PEER:
        command = ["node", "-e", PEER_PROGRAM, PEER, str(folder / "small.json"), SCHEMA]
        of_peer = median_ms(command, max(5, RUNS // 3), (0,))
        of_small = ours("small.json", small, expected=(0,))
        ratio = of_peer / of_small
        print(f"peer {of_peer:.1f} ms, ours {of_small:.2f} ms: {ratio:.1f} times as fast (at least 10)")
        failed |= ratio < 10
    sys.exit(failed)


main()
