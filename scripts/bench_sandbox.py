"""Numbers of the sandbox, each beside its target; called by bench-sandbox."""

import base64
import concurrent.futures
import http.client
import http.server
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = os.path.abspath(sys.argv[1])
CUSTOMERS = 500  # each has two sites: 1,000 tenants
ISSUES = 10_000


class Sandbox:
    """A sandbox that runs; `start_ms` is from the start of the process to `ready`."""

    def __init__(self, folder, sites=()):
        arguments = [PROGRAM, "sandbox", "--json", "--port", "0"]
        for site in sites:
            arguments += ["--site", site]
        began = time.perf_counter()
        self.process = subprocess.Popen(
            arguments, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.ready = json.loads(self.process.stdout.readline())
        self.start_ms = (time.perf_counter() - began) * 1000
        # What happens is told on stdout: somebody has to read it.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        login = f"{self.ready['username']}:{self.ready['password']}".encode()
        self.login = {"Authorization": "Basic " + base64.b64encode(login).decode()}
        self.port = int(self.ready["sandbox"].rsplit(":", 1)[1])
        self.local = threading.local()

    def call(self, method, path, body=None, headers=None):
        """Status, headers and text of an answer, on a connection of this thread that is kept."""
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            self.local.connection = connection
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {**self.login, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def p50(self, method, path, body=None, runs=50):
        """Middle time of an answer in milliseconds."""
        times = []
        for _ in range(runs):
            began = time.perf_counter()
            status, _, text = self.call(method, path, body)
            times.append((time.perf_counter() - began) * 1000)
            assert status < 400, (path, status, text)
        return statistics.median(times)

    def resident_mb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as lines:
            line = next(line for line in lines if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)


class App(http.server.BaseHTTPRequestHandler):
    """An app that takes everything."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        if self.path == "/atlassian-connect.json":
            body = json.dumps({
                "key": "com.example.bench", "name": "Bench", "apiVersion": 1,
                "baseUrl": f"http://127.0.0.1:{self.server.server_port}",
                "authentication": {"type": "jwt"}, "scopes": ["READ"],
                "lifecycle": {"installed": "/installed"},
                "modules": {"generalPages": [
                    {"key": "page", "url": "/page", "name": {"value": "Page"}},
                ]},
            }).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


def install(sandbox, site, descriptor):
    root = f"{site}/rest/plugins/1.0/"
    _, headers, _ = sandbox.call("GET", root)
    kind = "application/vnd.atl.plugins.remote.install+json"
    path = f"{root}?token={headers['upm-token']}"
    status, headers, _ = sandbox.call(
        "POST", path, {"pluginUri": descriptor}, {"Content-Type": kind}
    )
    assert status == 202, status
    task = "/" + headers["Location"].split("/", 3)[3]
    while True:
        status, _, text = sandbox.call("GET", task)
        if status == 303:
            return
        assert not json.loads(text)["status"]["done"], text


def say(what, value, unit, target=None):
    verdict = ""
    if target is not None:
        verdict = f"target {target:g} {unit}: {'met' if value <= target else 'MISSED'}"
    print(f"{what:<52} {value:8.1f} {unit:<3} {verdict}", flush=True)


def small(folder, descriptor):
    starts = []
    for _ in range(10):
        sandbox = Sandbox(folder)
        starts.append(sandbox.start_ms)
        sandbox.end()
    say("start, with a key from an earlier run", statistics.median(starts), "ms", 50)
    sandbox = Sandbox(folder)
    say("memory when idle", sandbox.resident_mb(), "MB", 30)
    install(sandbox, "/jira", descriptor)
    say("page view", sandbox.p50("GET", "/jira/plugins/servlet/ac/com.example.bench/page"), "ms", 20)
    for path in ("/jira/browse/DEMO-1", "/jira/apps/com.example.bench"):
        say(f"view of {path}", sandbox.p50("GET", path), "ms", 20)
    times = {path: sandbox.p50("GET", path) for path in PATHS}
    for path, ms in times.items():
        say(f"GET {path}, 5 issues", ms, "ms")
    return sandbox, times


def issues(sandbox, times):
    body = {"fields": {
        "project": {"key": "DEMO"}, "issuetype": {"name": "Task"}, "summary": "One of many",
    }}
    began = time.perf_counter()
    for _ in range(ISSUES):
        status, _, text = sandbox.call("POST", "/jira/rest/api/3/issue", body)
        assert status == 201, text
    say("POST /issue, mean of 10,000", (time.perf_counter() - began) / ISSUES * 1000, "ms")
    for path, before in times.items():
        # Not noticeable: nobody feels 10 ms.
        say(f"GET {path}, 10,000 issues", sandbox.p50("GET", path), "ms", before + 10)
    say("memory with 10,000 issues", sandbox.resident_mb(), "MB")
    sandbox.end()


def customers(folder, descriptor):
    names = [f"customer-{number}" for number in range(CUSTOMERS - 1)]
    sandbox = Sandbox(folder, names)
    say("start with 1,000 sites", sandbox.start_ms, "ms")
    sites = ["/" + site.split("/", 3)[3] for site in sandbox.ready["sites"]]
    assert len(sites) == 2 * CUSTOMERS
    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda site: install(sandbox, site, descriptor), sites))
    say("install on 1,000 sites, each", (time.perf_counter() - began) / len(sites) * 1000, "ms")
    myself = "/rest/api/3/myself"
    first = sandbox.p50("GET", sites[0] + myself)
    say("GET /rest/api/3/myself on the first site", first, "ms")
    say("GET /rest/api/3/myself on the last", sandbox.p50("GET", sites[-2] + myself), "ms", first + 10)
    say("memory with 1,000 tenants", sandbox.resident_mb(), "MB")
    sandbox.end()


PATHS = [
    "/jira/rest/api/3/issue/DEMO-1",
    "/jira/rest/api/3/search/jql?jql=project%20%3D%20PLAN",
    "/jira/rest/api/3/search/jql?jql=text%20~%20tomorrow%20order%20by%20key%20desc",
]


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), App)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    descriptor = f"http://127.0.0.1:{server.server_port}/atlassian-connect.json"
    folder = tempfile.mkdtemp()
    try:
        # The first start makes the key.
        first = Sandbox(folder)
        install(first, "/jira", descriptor)
        say("start, without a key", first.start_ms, "ms", 50)
        first.end()
        sandbox, times = small(folder, descriptor)
        issues(sandbox, times)
        customers(tempfile.mkdtemp(dir=folder), descriptor)
    finally:
        shutil.rmtree(folder)


main()
