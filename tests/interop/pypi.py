"""PyPI's `atlassian-jwt` against our `interop` example.

    python pypi.py NAME INTEROP_BINARY

The library signs HS256 only and checks what `algorithms` names, so install tokens of its side are
signed with PyJWT, on which it is built, over the hash that the library makes.
"""

import base64
import json
import pathlib
import subprocess
import sys
import time
from urllib.parse import urlsplit

import atlassian_jwt
import jwt
from atlassian_jwt.url_utils import hash_url
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

NAME, BINARY = sys.argv[1:3]

# The same as in crates/connect-core/examples/interop.rs.
CLIENT_KEY = "interop-site-1"
APP_KEY = "com.example.interop"
SECRET = "the shared secret of the interop test, räksmörgås included"
APP = "https://app.example"
SITE = "https://acme.example"

NOW = int(time.time())
TIMES = {"iat": NOW, "exp": NOW + 180}
REQUESTS = json.loads(pathlib.Path(__file__).with_name("requests.json").read_text("utf-8"))

passed = 0
failed = 0
commands = []


class Keys(atlassian_jwt.Authenticator):
    """The library's check, with one key for every issuer."""

    def __init__(self, key, algorithm="HS256"):
        super().__init__(algorithms=(algorithm,))
        self.key = key

    def get_shared_secret(self, client_key):
        return self.key


def check(label, good, detail=None):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"{NAME}: FAILED {label}: {detail}", file=sys.stderr)


def ask(then, **command):
    commands.append(({"now": NOW, **command}, then))


def we_accept(label, **command):
    ask(lambda answer: check(f"we accept {label}", "error" not in answer, answer), **command)


def we_refuse(label, reason, **command):
    ask(
        lambda answer: check(f"we refuse {label}", reason in answer.get("error", ""), answer),
        **command,
    )


def relative(target, base):
    """The library wants the URL relative to the receiver's base URL."""
    return target.removeprefix(urlsplit(base).path) or "/"


def accepted(keys, method, target, token):
    return keys.authenticate(method, target, {"Authorization": f"JWT {token}"}).claims


def refuses(keys, method, target, token, reason=jwt.DecodeError):
    try:
        accepted(keys, method, target, token)
    except reason:
        return True
    return False


def forge(token, **change):
    """Changes the claims and keeps the signature."""
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    claims.update(change)
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


def flip(token):
    head, body, signature = token.split(".")
    return f"{head}.{body}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def host_tokens_of_the_library():
    for request in REQUESTS:
        app = request.get("app", APP)
        label = f"{request['method']} {request['target']}"
        token = atlassian_jwt.encode_token(
            request["method"],
            relative(request["target"], app),
            CLIENT_KEY,
            SECRET,
            payload_kwargs={"sub": "ada"},
        )
        command = {"do": "accept-host", **request, "app": app, "token": token}
        we_accept(label, **command)
        joint = "&" if "?" in request["target"] else "?"
        for what, reason, change in [
            ("other claims", "signature", {"token": forge(token, sub="eve")}),
            ("a bit of the signature", "signature", {"token": flip(token)}),
            ("other path", "(qsh)", {"target": f"/x{request['target']}"}),
            ("other method", "(qsh)", {"method": "PATCH"}),
            ("one more parameter", "(qsh)", {"target": f"{request['target']}{joint}zz=1"}),
        ]:
            we_refuse(f"{label}, {what}", reason, **{**command, **change})
    another = atlassian_jwt.encode_token("GET", "/page", CLIENT_KEY, "another secret of 32 bytes and more")
    we_refuse("another secret", "signature", do="accept-host", method="GET", target="/page", token=another)


def tokens_of_ours():
    keys = Keys(SECRET)

    def then(label, method, target, issuer):
        def run(answer):
            token = answer.get("token")
            if token is None:
                check(label, False, answer)
                return
            claims = accepted(keys, method, target, token)
            check(f"{label} is accepted", claims["iss"] == issuer and claims["exp"] == NOW + 180)
            check(f"{label} is for no other request", refuses(keys, method, target + "x", token))
            check(f"{label}, other claims", refuses(keys, method, target, forge(token, iss="eve")))
            check(f"{label}, a bit of the signature", refuses(keys, method, target, flip(token)))
            check(f"{label}, another secret", refuses(Keys("y" * 40), method, target, token))

        return run

    for request in REQUESTS:
        site, app = request.get("site", SITE), request.get("app", APP)
        for make, issuer, base in [("mint-request", APP_KEY, site), ("mint-host", CLIENT_KEY, app)]:
            label = f"{make} {request['method']} {request['target']}"
            target = relative(request["target"], base)
            run = then(label, request["method"], target, issuer)
            ask(run, **{"do": make, **request, "site": site, "app": app})

    def session(answer):
        token = answer["token"]
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience=CLIENT_KEY)
        check("a session token is decoded", claims["iss"] == APP_KEY)
        # It has no hash, so the library does not take it for a request.
        check("a session token is no request", refuses(keys, "GET", "/page", token, KeyError))

    ask(session, do="mint-session")


def pair():
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, pem.decode()


def install_tokens():
    (private, pem), (_, other_pem) = pair(), pair()
    der = private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for target, app in [
        ("/installed", APP),
        ("/uninstalled?user_key=ada", APP),
        ("/base/installed", "https://app.example/base"),
    ]:
        local = relative(target, app)
        claims = {"iss": CLIENT_KEY, "aud": app, "qsh": hash_url("POST", local), **TIMES}
        token = jwt.encode(claims, private, algorithm="RS256", headers={"kid": "host/key-1"})
        command = {
            "do": "accept-install", "method": "POST", "target": target, "app": app,
            "token": token, "pem": pem,
        }
        we_accept(f"install {target}", **command)
        for what, reason, change in [
            ("other claims", "signature", {"token": forge(token, iss="eve")}),
            ("a bit of the signature", "signature", {"token": flip(token)}),
            ("other key", "signature", {"pem": other_pem}),
            ("other path", "(qsh)", {"target": "/enabled"}),
        ]:
            we_refuse(f"install {target}, {what}", reason, **{**command, **change})

        def ours(answer, label=f"our install token for {target}", local=local):
            token = answer.get("token")
            if token is None:
                check(label, False, answer)
                return
            keys = Keys(pem, "RS256")
            check(f"{label} is accepted", accepted(keys, "POST", local, token)["iss"] == CLIENT_KEY)
            check(f"{label} has its key id", jwt.get_unverified_header(token)["kid"] == "host/key-1")
            check(f"{label}, other claims", refuses(keys, "POST", local, forge(token, iss="eve")))
            check(f"{label}, other key", refuses(Keys(other_pem, "RS256"), "POST", local, token))
            check(f"{label}, other path", refuses(keys, "POST", local + "x", token))
            wrong = refuses(Keys(SECRET), "POST", local, token, jwt.InvalidTokenError)
            check(f"{label} is no HS256 token", wrong)

        key = base64.b64encode(der).decode()
        ask(ours, do="mint-install", key=key, kid="host/key-1", claims=claims)


def main():
    host_tokens_of_the_library()
    tokens_of_ours()
    install_tokens()
    run = subprocess.run(
        [BINARY],
        input="".join(json.dumps(command) + "\n" for command, _ in commands),
        encoding="utf-8",
        stdout=subprocess.PIPE,
        timeout=60,
        check=True,
    )
    answers = run.stdout.splitlines()
    check("one answer for each command", len(answers) == len(commands), len(answers))
    for (_, then), answer in zip(commands, answers):
        then(json.loads(answer))
    print(f"{NAME}: {passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


sys.exit(main())
