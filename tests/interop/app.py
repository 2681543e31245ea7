"""An app on PyPI's `atlassian-jwt`, as its documentation builds one; `sandbox.py` installs it.

    python app.py KEY_SERVER

It prints its address and serves until its input ends.
"""

import http.server
import json
import sys
import threading
import urllib.request

import atlassian_jwt
import jwt

KEY_SERVER = sys.argv[1]
KEY = "com.example.interop-python"
tenants = {}


class Hosts(atlassian_jwt.Authenticator):
    """Requests that are signed with a tenant's secret."""

    def get_shared_secret(self, client_key):
        return tenants[client_key]["sharedSecret"]


class Installs(atlassian_jwt.Authenticator):
    """Lifecycle calls, which the host signs with its own key."""

    def __init__(self, public_key):
        super().__init__(algorithms=("RS256",))
        self.public_key = public_key

    def get_shared_secret(self, client_key):
        return self.public_key


class App(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/atlassian-connect.json":
            self.reply(200, json.dumps(descriptor(self.server.server_port)))
        else:
            self.guarded("GET", Hosts(), lambda key, claims: f"Hello {claims['sub']} of {key}")

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        token = self.headers.get("authorization", "").removeprefix("JWT ")
        try:
            kid = jwt.get_unverified_header(token)["kid"]
            with urllib.request.urlopen(f"{KEY_SERVER}/{kid}", timeout=10) as answer:
                public_key = answer.read()
        except (jwt.DecodeError, KeyError, OSError):
            return self.reply(401, "no key")
        def save(key, _):
            tenants[key] = body
            return ""
        return self.guarded("POST", Installs(public_key), save)

    def guarded(self, method, hosts, work):
        try:
            client_key, claims = hosts.authenticate(method, self.path, dict(self.headers.items()))
        except (atlassian_jwt.DecodeError, jwt.InvalidTokenError, KeyError):
            return self.reply(401, "who are you?")
        return self.reply(200, work(client_key, claims))

    def reply(self, status, text):
        self.send_response(status)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def descriptor(port):
    return {
        "key": KEY, "name": "Python", "baseUrl": f"http://127.0.0.1:{port}", "apiVersion": 1,
        "authentication": {"type": "jwt"}, "scopes": ["READ"],
        "lifecycle": {"installed": "/installed", "uninstalled": "/uninstalled"},
        "modules": {"generalPages": [{"key": "hello", "url": "/hello?a=b%20c", "name": {"value": "Hello"}}]},
    }


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), App)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://127.0.0.1:{server.server_port}", flush=True)
sys.stdin.read()
