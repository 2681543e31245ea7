"""Runs a program on a terminal of its own and presses keys.

    on_terminal.py TEXT KEYS PROGRAM [ARGUMENT ...]

Waits until TEXT is shown, presses KEYS (Python escapes), waits for the end, and writes one line of
JSON: what was shown, how the program ended, whether the terminal is as it was before. KEYS may be
`hangup`: then the terminal is closed, as a window is.
"""

import fcntl
import json
import os
import select
import sys
import termios
import time

text, keys, *command = sys.argv[1:]
hangup = keys == "hangup"
keys = keys.encode().decode("unicode_escape").encode("latin-1")
deadline = time.monotonic() + 25
ours, theirs = os.openpty()
before = termios.tcgetattr(theirs)
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(theirs, descriptor)
    os.execv(command[0], command)

shown, pressed, ended, status = b"", False, False, 0
while not (pressed and hangup and ended):
    readable, _, _ = select.select([] if pressed and hangup else [ours], [], [], 0.02)
    if readable:
        shown += os.read(ours, 65536)
    elif ended:
        break
    if not pressed and text.encode() in shown:
        if hangup:
            os.close(theirs)
            os.close(ours)
        else:
            os.write(ours, keys)
        pressed = True
    if not ended:
        if time.monotonic() > deadline:
            os.kill(child, 9)
        done, status = os.waitpid(child, os.WNOHANG)
        ended = done == child
print(json.dumps({
    "shown": shown.decode(errors="replace"),
    "pressed": pressed,
    "code": os.waitstatus_to_exitcode(status),
    "restored": hangup or termios.tcgetattr(theirs) == before,
}))
