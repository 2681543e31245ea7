"""An app on somebody else's library, installed and opened in the sandbox.

    python sandbox.py NAME CONNECT_BINARY COMMAND...

COMMAND starts the app: it gets the sandbox's key server as its first further argument, prints its
address and ends with its input.
"""

import base64
import html
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

NAME, PROGRAM, *COMMAND = sys.argv[1:]
WAIT = 30
passed = 0
failed = 0


def check(what, holds):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"{NAME}: {what}: no")


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def ask(method, url, headers=None, body=None):
    request = urllib.request.Request(url, body, headers or {}, method=method)
    try:
        answer = urllib.request.build_opener(NoRedirects).open(request, timeout=WAIT)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers, answer.read().decode()


def install(site, login, descriptor):
    """As UPM's own page does: a token, the order, its task until it leads elsewhere."""
    root = f"{site}/rest/plugins/1.0/"
    token = ask("GET", root, login)[1]["upm-token"]
    kind = "application/vnd.atl.plugins.remote.install+json"
    body = json.dumps({"pluginUri": descriptor}).encode()
    status, headers, text = ask("POST", f"{root}?token={token}", {**login, "Content-Type": kind}, body)
    check(f"the order is taken ({status} {text})", status == 202)
    while True:
        status, _, text = ask("GET", headers["Location"], login)
        if status != 200 or json.loads(text)["status"]["done"]:
            return status, text
        time.sleep(0.05)


with tempfile.TemporaryDirectory() as folder:
    sandbox = subprocess.Popen(
        [PROGRAM, "sandbox", "--json", "--port", "0"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    app = None
    try:
        ready = json.loads(sandbox.stdout.readline())
        # What happens is told there as well, and somebody has to read it.
        threading.Thread(target=sandbox.stdout.read, daemon=True).start()
        app = subprocess.Popen(
            [COMMAND[0], COMMAND[1], ready["keys"], *COMMAND[2:]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        address = app.stdout.readline().strip()
        login = f"{ready['username']}:{ready['password']}".encode()
        login = {"Authorization": "Basic " + base64.b64encode(login).decode()}
        site = ready["url"]
        status, text = install(site, login, f"{address}/atlassian-connect.json")
        check(f"it is installed ({status} {text})", status == 303)

        key = json.loads(ask("GET", f"{address}/atlassian-connect.json")[2])["key"]
        page = ask("GET", f"{site}/plugins/servlet/ac/{key}/hello")[2]
        frame = re.search(rf'{re.escape(address)}/hello[^"&]*(?:&amp;[^"&]*)*', page)
        check("the page has a frame of the app", frame is not None)
        signed = html.unescape(frame[0]) if frame else address
        status, _, text = ask("GET", signed)
        check(f"the frame is let in ({status} {text})", status == 200 and text.startswith("Hello "))
        for change in (signed + "&more=1", signed.replace("a=b", "a=c"), signed[:-8] + "AAAAAAAA"):
            if change != signed:
                check(f"another request is refused: {change}", ask("GET", change)[0] == 401)
        forged = {"Authorization": "JWT a.b.c", "Content-Type": "application/json"}
        status = ask("POST", f"{address}/installed", forged, b"{}")[0]
        check(f"a forged install is refused ({status})", status == 401)
    finally:
        if app:
            app.stdin.close()
            app.wait(WAIT)
        sandbox.terminate()
        sandbox.wait(WAIT)

print(f"{NAME}: {passed} passed, {failed} failed")
sys.exit(failed > 0)
