"""PyPI's atlassian-jwt against ours. Usage: python pypi.py OUR_PROGRAM"""

import json
import pathlib
import subprocess
import sys
import time
from importlib.metadata import version
from urllib.parse import parse_qsl, quote, urlsplit

import atlassian_jwt
import jwt
from atlassian_jwt.url_utils import hash_url
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

NOW = int(time.time())
SECRET = "marmot/made-up+secret~for~tests~5c1a7e0d93b2f684"
ADA = "712020:ada-of-the-tests"
TENANT = {"clientKey": "marmot-91c0", "sharedSecret": SECRET}
VECTORS = json.loads((pathlib.Path(__file__).parent / "../vectors/qsh.json").read_text())["vectors"]

orders, checks = [], []


def ours(title, check, **order):
    orders.append({"now": NOW, **order})
    checks.append((title, check))


def accepted(expected):
    return lambda answer: "ok" in answer and answer["ok"] == expected or f"answered {answer}"


def refused(answer):
    return "refused" in answer or f"answered {answer}"


def equal(a, b):
    return a == b or f"{a!r} is not {b!r}"


class App(atlassian_jwt.Authenticator):
    def get_shared_secret(self, client_key):
        return {"org.sample.planner": SECRET}[client_key]


def made(method, url, **payload):
    return atlassian_jwt.encode_token(method, url, timeout_secs=180, payload_kwargs={"sub": ADA, **payload}, **TENANT)


# Tokens of a host, made by the library.
for method, target in [
    ("GET", "/board"), ("GET", "/board/"), ("POST", "/webhooks/issue-created"), ("GET", "/board?b=2&a=1&b=1&c=%C3%BC%20x&d=a%2Cb"),
    ("GET", "/board?cp=&lic=active"), ("PUT", "/a%20b?x=*~'()!"), ("GET", "/board?a%3A=1&a0=2"),
]:
    order = {"do": "verify_host", "method": method, "target": target}
    ours(f"{method} {target}", accepted(ADA), token=made(method, target), **order)
    ours(f"{method} {target}, other request", refused, token=made(method, target + "x"), **order)
ours("aud is the app", accepted(ADA), do="verify_host", target="/board", token=made("GET", "/board", aud="org.sample.planner"))
ours("aud is another app", refused, do="verify_host", target="/board", token=made("GET", "/board", aud="org.sample.another"))
ours("a context token", accepted(ADA), do="verify_context", token=made("GET", "/board", qsh="context-qsh"))

# Install tokens, made by the library's own JWT implementation with a key of its own.
host = rsa.generate_private_key(public_exponent=65537, key_size=2048)
pem = host.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
claims = {"iss": "marmot-91c0", "aud": ["https://planner.sample.org"], "iat": NOW, "exp": NOW + 180, "qsh": hash_url("POST", "/installed")}
install = {"do": "verify_install", "method": "POST", "target": "/installed", "pem": pem}
ours("an install", accepted("marmot-91c0"), token=jwt.encode(claims, host, "RS256", headers={"kid": "interop"}), **install)
ours("an install with RS512", refused, token=jwt.encode(claims, host, "RS512", headers={"kid": "interop"}), **install)

# Our tokens, read by the library. It wants the URL without the context path.
for method, path in [("GET", "/rest/api/user/current"), ("GET", "/rest/api/content?b=2&a=x%20y&b=1"), ("POST", "/rest/api/content")]:
    def read(answer, method=method, path=path):
        client, _ = App().authenticate(method, path, {"Authorization": "JWT " + answer["ok"]})
        return equal(client, "org.sample.planner")

    ours(f"our call of {method} {path}", read, do="request_token", method=method, target="/wiki" + path)
ours("our session", lambda answer: equal(
    jwt.decode(answer["ok"], SECRET, algorithms=["HS256"], audience="marmot-91c0")["sub"], ADA), do="session_token", user=ADA)
ours("our install", lambda answer: equal(
    jwt.decode(answer["ok"]["token"], answer["ok"]["pem"], algorithms=["RS256"], audience="https://planner.sample.org")["qsh"],
    hash_url("POST", "/installed")), do="install_token", method="POST", target="/installed")

# The hash of every request of our vectors, the way we sign; where the library is known to differ,
# the rule is here.
RULES = {
    "the references disagree about this request": lambda vector, path: vector.get("ambiguous", False),
    "the library drops every slash at the end": lambda vector, path: path.endswith("//"),
    "the library drops every slash at the start": lambda vector, path: path.startswith("//"),
    "the library orders values by code points, the host by UTF-16": lambda vector, path: any(
        ord(c) > 0xFFFF for _, value in parse_qsl(urlsplit(vector["url"]).query) for c in value),
    "a parameter without a name is no parameter": lambda vector, path: any(
        name == "" for name, _ in parse_qsl(urlsplit(vector["url"]).query, keep_blank_values=True)),
}
differences = {}
for vector in VECTORS:
    if vector.get("form_body") is not None:
        continue
    base = urlsplit(vector["base_url"]).path.rstrip("/")
    parts = urlsplit(vector["url"]) if "://" in vector["url"].split("?")[0] else urlsplit("http://x" + vector["url"])
    path = parts.path
    if base and (path == base or path.startswith(base + "/")):
        path = path[len(base):]

    def compare(answer, vector=vector, path=path, parts=parts):
        try:
            theirs = hash_url(vector["method"], path + ("?" + parts.query if parts.query else ""))
        except Exception as error:
            theirs = str(error)
        if answer.get("ok") == theirs:
            return True
        rule = next((rule for rule, holds in RULES.items() if holds(vector, path)), None)
        if rule:
            differences[rule] = differences.get(rule, 0) + 1
        return rule is not None or f"{vector['method']} {vector['url']}: ours {answer}, theirs {theirs}"

    ours(f"qsh of {vector['id']}", compare, do="qsh", method=vector["method"], target=vector["url"], base=base)

run = subprocess.run([sys.argv[1]], input="".join(json.dumps(order) + "\n" for order in orders), capture_output=True, text=True)
answers = [json.loads(line) for line in run.stdout.splitlines()]
passed = failed = 0
for index, (title, check) in enumerate(checks):
    try:
        result = check(answers[index])
    except Exception as error:
        result = f"{type(error).__name__}: {error}"
    if result is True:
        passed += 1
    else:
        failed += 1
        print(f"  {title}: {result}")
print(f"PyPI atlassian-jwt {version('atlassian-jwt')}:")
for rule, count in differences.items():
    print(f"  differs {count} times: {rule}")
print(f"{passed} passed, {failed} failed")
