#!/usr/bin/env python3
"""Writes tests/vectors/auth-scenarios.json: HTTP requests, the world they arrive in, the right answer.

Tokens, hashes and signatures are made here from the standards (RFC 7515, RFC 7519 and Atlassian's
"Creating a query string hash") with the standard library and the `openssl` program, never by the
code under test. RSA keys are made on each run and thrown away, so no private key is kept.

    python3 tests/vectors/make/auth_scenarios.py > tests/vectors/auth-scenarios.json
"""

import base64
import hashlib
import hmac
import json
import pathlib
import subprocess
import sys
import tempfile
from urllib.parse import quote, unquote, unquote_plus, urlsplit

NOW = 1_782_000_000
APP = "org.sample.planner"
BASE = "https://planner.sample.org"
HUSKY = {
    "key": APP,
    "clientKey": "husky-7d1f",
    "sharedSecret": "husky/made-up+secret~for~tests~0f8e6d2b4a91c375",
    "baseUrl": "https://husky.atlassian.net",
    "productType": "jira",
    "installed": True,
}
MARMOT = {
    "key": APP,
    "clientKey": "marmot-91c0",
    "sharedSecret": "marmot/made-up+secret~for~tests~5c1a7e0d93b2f684",
    "baseUrl": "https://marmot.atlassian.net/wiki",
    "productType": "confluence",
    "installed": True,
}
OTTER = {
    "key": APP,
    "clientKey": "otter-44ab",
    "sharedSecret": "otter/made-up+secret~for~tests~e7d5c3b1a9f80264",
    "baseUrl": "https://otter.atlassian.net",
    "productType": "jira",
    "installed": False,
}
PIKA = {
    "key": APP,
    "clientKey": "pika-0000",
    "sharedSecret": "",
    "baseUrl": "https://pika.atlassian.net",
    "productType": "jira",
    "installed": True,
}
ADA = "712020:ada-of-the-tests"
KID = "3b9e6f1c-host"
DENIED = [401]
MALFORMED = [400, 401]


# --- tokens ---------------------------------------------------------------------------------------


def b64(data):
    if isinstance(data, str):
        data = data.encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, stdin=b""):
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=True)
    return done.stdout


class RsaKey:
    """A private key that lives as long as the folder it is in."""

    def __init__(self, folder, name, *options):
        self.file = str(folder / name)
        openssl("genpkey", *(options or ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")), "-out", self.file)
        self.public = openssl("pkey", "-in", self.file, "-pubout").decode()

    def sign(self, message, digest="sha256", *options):
        return openssl("dgst", f"-{digest}", *options, "-sign", self.file, stdin=message.encode())


def token(header, payload, sign):
    """`header` and `payload` as objects, or as text or bytes when the JSON itself is the point."""
    text = lambda part: json.dumps(part, separators=(",", ":")) if isinstance(part, dict) else part
    signed = f"{b64(text(header))}.{b64(text(payload))}"
    return f"{signed}.{b64(sign(signed))}"


def hs(payload, secret=HUSKY["sharedSecret"], header=None, digest=hashlib.sha256):
    header = {"typ": "JWT", "alg": "HS256"} if header is None else header
    return token(header, payload, lambda text: hmac.new(secret.encode(), text.encode(), digest).digest())


def rs(payload, key, kid=KID, header=None, digest="sha256", options=()):
    header = {"typ": "JWT", "alg": "RS256", "kid": kid} if header is None else header
    return token(header, payload, lambda text: key.sign(text, digest, *options))


def canonical(method, url, base_path="", form="", decode_path=False):
    """Atlassian's canonical request; `url` without the token."""
    parts = urlsplit(url)
    path = parts.path
    if base_path and (path == base_path or path.startswith(base_path + "/")):
        path = path[len(base_path):]
    if decode_path:
        path = unquote(path)
    path = (path[:-1] if path.endswith("/") else path) or "/"
    groups = {}
    for pair in (parts.query or form).split("&"):
        name, _, value = pair.partition("=")
        name = unquote_plus(name)
        if name and name != "jwt":
            groups.setdefault(quote(name, safe="-._~"), []).append(unquote_plus(value))
    query = "&".join(
        name + "=" + ",".join(quote(value, safe="-._~") for value in sorted(values))
        for name, values in sorted(groups.items())
    )
    return "&".join([method, path.replace("&", "%26"), query])


def qsh(*arguments, **named):
    return hashlib.sha256(canonical(*arguments, **named).encode()).hexdigest()


def claims(url="/board", method="GET", change=None, drop=(), tenant=HUSKY, base_path="", form="", **more):
    """What a host says when it calls `url`."""
    all_claims = {
        "sub": ADA,
        "qsh": qsh(method, url, base_path, form),
        "iss": tenant["clientKey"],
        "context": {},
        "iat": NOW,
        "exp": NOW + 180,
    }
    all_claims.update(change or {}, **more)
    return {name: value for name, value in all_claims.items() if name not in drop}


def session(**change):
    made = {"iss": APP, "iat": NOW, "exp": NOW + 600, "aud": [HUSKY["clientKey"]], "purpose": "session", "sub": ADA}
    made.update(change)
    return {name: value for name, value in made.items() if value is not None}


def context(**change):
    return claims(change={"qsh": "context-qsh", **change})


# --- scenarios ------------------------------------------------------------------------------------

VECTORS = []


def scenario(category, name, title, request, accept=None, status=DENIED, route="module", **more):
    """`accept` is the tenant and the account that must come out; without it the request is refused."""
    if accept is not None:
        tenant, account = accept
        expect = {"outcome": "accept", "status_any_of": [200, 204], "tenant": tenant, "account": account}
    else:
        expect = {"outcome": "reject", "status_any_of": status, "tenant": None}
    VECTORS.append({
        "id": f"{category}-{name}",
        "title": title,
        "category": category,
        "route": route,
        "source": {"origin": "own"},
        "severity": more.pop("severity", "interop" if accept else "high"),
        "now": more.pop("now", NOW),
        "world": more.pop("world", {}),
        "request": request,
        "expect": expect,
        "note": more.pop("note", None),
        "attacker": more.pop("attacker", None if accept else "token-holder"),
    })
    assert not more, more


def http(method, path, jwt=None, headers=(), body=None, base=BASE, scheme="JWT "):
    headers = [list(pair) for pair in headers]
    if jwt is not None:
        headers.append(["Authorization", f"{scheme}{jwt}"])
    return {"method": method, "url": base + path, "headers": headers, "body": body}


def get(path, jwt=None, **more):
    return http("GET", path, jwt, **more)


OK = (HUSKY["clientKey"], ADA)


def genuine():
    ok = lambda name, title, request, **more: scenario("valid", name, title, request, OK, **more)
    ok("header", "token in the Authorization header", get("/board", hs(claims())))
    ok("query", "token in the query", get("/board?jwt=" + hs(claims())))
    ok("both", "the same token in header and query", get("/board?jwt=" + hs(claims()), hs(claims())))
    ok("scheme-case", "scheme in lower case", get("/board", hs(claims()), scheme="jwt "))
    form = "when=now&who=ada+l"
    ok("form", "token in a form body that the host has hashed",
       http("POST", "/board", headers=[["Content-Type", "application/x-www-form-urlencoded"]],
            body=form + "&jwt=" + hs(claims(method="POST", form=form))))
    framed = "/board?zone=eu&issue=PLAN-7&xdm_e=https%3A%2F%2Fhusky.atlassian.net&cp=&lic=active&cv=1001.0.0"
    ok("frame", "a frame's query with an empty parameter", get(framed + "&jwt=" + hs(claims(framed))))
    shuffled = "/board?b=2&a=1&b=1&c=%C3%BC+x"
    ok("shuffled", "repeated names, and an order that a proxy has changed",
       get("/board?c=%C3%BC%20x&b=1&a=1&b=2", hs(claims(shuffled))))
    ok("decoded-path", "the host hashes the decoded path",
       get("/board/a%20b", hs(claims(qsh=qsh("GET", "/board/a%20b", decode_path=True)))))
    ok("brackets", "a name with brackets", get("/board?filter[x]=1", hs(claims("/board?filter[x]=1"))))
    ok("slash", "one trailing slash", get("/board/", hs(claims("/board/"))))
    ok("leeway", "expired within the leeway", get("/board", hs(claims(iat=NOW - 200, exp=NOW - 20))))
    ok("aud", "aud is the app's key as a text", get("/board", hs(claims(aud=APP))))
    scenario("valid", "anonymous", "nobody is logged in", get("/board", hs(claims(drop=["sub"]))),
             (HUSKY["clientKey"], None))
    ok("base-path", "the app lives under a path",
       get("/planner/board", hs(claims("/planner/board", base_path="/planner"))), world={"base_url": BASE + "/planner"})
    other = claims(tenant=MARMOT)
    scenario("valid", "other-tenant", "the other tenant with its own secret", get("/board", hs(other, MARMOT["sharedSecret"])),
             (MARMOT["clientKey"], ADA))


def algorithms(keys):
    host, attacker = keys["host"], keys["attacker"]
    for index, name in enumerate(["none", "None", "", "hs256", "HS256\u0000"]):
        unsigned = token({"typ": "JWT", "alg": name}, claims(), lambda _: b"")
        scenario("alg-none", f"{index}", f"algorithm {name!r} and no signature", get("/board", unsigned), severity="critical", attacker="none")
    scenario("alg-none", "signed", "algorithm none with a good HS256 signature",
             get("/board", hs(claims(), header={"alg": "none"})), attacker="secret-holder", severity="hardening")
    scenario("alg-none", "stripped", "a good header, the signature cut off",
             get("/board", hs(claims()).rsplit(".", 1)[0] + "."), status=MALFORMED, severity="critical")
    scenario("alg-confusion", "rs256", "a page's token signed by an RSA key", get("/board", rs(claims(), attacker)), attacker="none", severity="critical",
             note="no request may leave")
    scenario("alg-confusion", "pem", "HS256 keyed with the host's public key", install(
        hs(install_claims(), host.public, {"alg": "HS256", "kid": KID})), route="installed", attacker="none", severity="critical",
             note="no request may leave")
    scenario("alg-confusion", "hs384", "HS384 with the right secret",
             get("/board", hs(claims(), header={"alg": "HS384"}, digest=hashlib.sha384)), attacker="secret-holder", severity="hardening")
    scenario("alg-confusion", "rs384", "RS384 with the right key", install(
        rs(install_claims(), host, header={"alg": "RS384", "kid": KID}, digest="sha384")), route="installed", attacker="secret-holder", severity="hardening")
    pss = ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32")
    scenario("alg-confusion", "pss", "PSS padding under the name RS256", install(
        rs(install_claims(), host, options=pss)), route="installed", attacker="secret-holder", severity="hardening")


def claim_faults():
    bad = lambda name, title, made, **more: scenario("claims", name, title, get("/board", hs(made)), **more)
    for name, value in [("none", None), ("list", [HUSKY["clientKey"]]), ("object", {"$gt": ""}), ("blank", "")]:
        bad(f"iss-{name}", f"iss is {json.dumps(value)}", claims(iss=value), severity="medium")
    bad("iss-unknown", "iss is nobody we know", claims(iss="badger-0001"))
    bad("exp-missing", "lives for ever", claims(drop=["exp"]))
    bad("iat-missing", "has no birthday", claims(drop=["iat"]))
    bad("exp-text", "exp is a text", claims(exp=str(NOW + 180)))
    bad("exp-fraction", "exp has a fraction", claims(exp=NOW + 180.5))
    bad("exp-past", "expired a minute ago", claims(iat=NOW - 240, exp=NOW - 60))
    bad("exp-edge", "expired exactly one leeway ago", claims(iat=NOW - 240, exp=NOW - 30))
    bad("exp-before-iat", "dies before it is born", claims(iat=NOW + 20, exp=NOW + 10))
    bad("lifetime", "lives for a month", claims(exp=NOW + 30 * 86400))
    bad("iat-future", "born in ten minutes", claims(iat=NOW + 600, exp=NOW + 700))
    bad("nbf-future", "good from tomorrow", claims(nbf=NOW + 3600))
    bad("aud-other", "aud is another app", claims(aud=["org.sample.another"]))
    bad("aud-empty", "aud is an empty list", claims(aud=[]))
    bad("aud-mixed", "aud holds a number beside the app's key", claims(aud=[APP, 7]))
    bad("sub-list", "sub is a list", claims(sub=[ADA]))
    bad("context-text", "context is a text", claims(context="{}"))


def hashes():
    bad = lambda name, title, request, **more: scenario("qsh", name, title, request, **more)
    bad("absent", "no qsh on a route that needs one", get("/board", hs(claims(drop=["qsh"]))))
    bad("context", "a context token on a route of the host", get("/board", hs(context())))
    bad("other-path", "made for another path", get("/board/secret", hs(claims("/board"))))
    bad("other-method", "made for GET, sent by POST", http("POST", "/board", hs(claims())))
    bad("added", "a parameter was added", get("/board?admin=1", hs(claims())))
    bad("removed", "a parameter was removed", get("/board?a=1", hs(claims("/board?a=1&b=2"))))
    bad("changed", "a value was changed", get("/board?a=2", hs(claims("/board?a=1"))))
    bad("proto", "a parameter that a map swallows was added", get("/board?__proto__=1", hs(claims())))
    bad("thousand", "one parameter too many for some parsers", get(
        "/board?" + "&".join(f"p{index}=1" for index in range(1000)) + "&extra=1",
        hs(claims("/board?" + "&".join(f"p{index}=1" for index in range(1000))))))
    bad("comma", "two values became one with a comma", get("/board?a=1%2C2", hs(claims("/board?a=1&a=2"))))
    bad("array", "a[] is not a", get("/board?a[]=1", hs(claims("/board?a=1"))))
    bad("ampersand", "an encoded ampersand in a path was made a parameter", get("/board%26x=1", hs(claims("/board?x=1"))))
    bad("base-prefix", "a base path that is not a whole segment", get(
        "/plannership/board", hs(claims("/ship/board"))), world={"base_url": BASE + "/planner"})
    bad("upper-case", "the hash in upper case", get("/board", hs(claims(qsh=qsh("GET", "/board").upper()))), severity="hardening", attacker="secret-holder")
    bad("form", "another form than the one hashed", http(
        "POST", "/board", hs(claims(method="POST", form="a=1")), headers=[["Content-Type", "application/x-www-form-urlencoded"]], body="a=2"))
    bad("escape", "an escape that is none", get("/board?a=%zz", hs(claims())), status=MALFORMED)


def shapes():
    good = hs(claims())
    head, body, tail = good.split(".")
    bad = lambda name, title, jwt: scenario("structure", name, title, get("/board", jwt), status=MALFORMED, attacker="none", severity="medium")
    bad("two-parts", "two parts", f"{head}.{body}")
    bad("four-parts", "four parts", f"{good}.{tail}")
    bad("blank", "a blank in the middle", f"{head}. {body}.{tail}")
    bad("padding", "padding", f"{good}=")
    bad("alphabet", "the other alphabet", f"{head}.{body}.{'+/' * 21}A")
    bad("latin", "letters that are not ASCII", f"{head}.{body}.\u00fc")
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    bad("trailing-bits", "another spelling of the same signature", good[:-1] + last[last.index(good[-1]) + 1])
    bad("encoded-dots", "dots percent-encoded", good.replace(".", "%2E"))
    scenario("structure", "json-form", "the JSON serialisation", get("/board", json.dumps(
        {"protected": head, "payload": body, "signature": tail}, separators=(",", ":"))), status=MALFORMED, attacker="secret-holder", severity="hardening")

    member = lambda text: json.dumps(claims(), separators=(",", ":")).replace("{", text, 1)
    odd = lambda name, title, payload: scenario("json", name, title, get("/board", hs(payload)), status=MALFORMED, attacker="secret-holder", severity="hardening")
    odd("twice", "iss twice", member('{"iss":"marmot-91c0",'))
    odd("twice-escaped", "iss twice, once escaped", member('{"\\u0069ss":"marmot-91c0",'))
    odd("twice-deep", "a member twice, deep down", member('{"x":{"a":1,"a":2},'))
    odd("comment", "a comment", member("{/* */"))
    odd("nan", "not a number", member('{"x":NaN,'))
    odd("more", "two values", member("{") + "[]")
    odd("list", "a list", "[]")
    odd("deep", "brackets without end", member('{"x":' + "[" * 3000 + "]" * 3000 + ","))
    odd("latin1", "not UTF-8", member("{").replace("ada", "\xe4da").encode("latin-1"))

    for name, extra in [("crit", {"crit": ["b64"], "b64": True}), ("zip", {"zip": "DEF"}), ("cty", {"cty": "JWT"}),
                        ("jwk", {"jwk": {"kty": "oct", "k": b64("x" * 32)}}), ("jku", {"jku": "http://127.0.0.1:9/keys"}),
                        ("typ", {"typ": "at+jwt"})]:
        scenario("header", name, f"header with {name}", get("/board", hs(claims(), header={"alg": "HS256", **extra})), attacker="secret-holder", severity="hardening")
    scenario("header", "alg-twice", "alg twice", get("/board", hs(claims(), header='{"alg":"none","alg":"HS256"}')), status=MALFORMED)
    scenario("header", "kid-list", "kid is a list", get("/board", hs(claims(), header={"alg": "HS256", "kid": ["a"]})), attacker="secret-holder", severity="hardening")

    refused = [400, 401, 413, 431]
    scenario("size", "token", "a token of 100 KiB", get("/board", hs(claims(note="n" * 76_000))), status=refused, attacker="secret-holder")
    scenario("size", "header", "a JOSE header of 4 KiB", get("/board", hs(claims(), header={"alg": "HS256", "note": "n" * 4096})), status=refused, attacker="secret-holder")
    form = {"gen": ["a=", "x", 3_000_000, ""]}
    scenario("size", "form", "a form of 3 MB before any proof", http("POST", "/board", hs(claims(method="POST")), headers=[
        ["Content-Type", "application/x-www-form-urlencoded"]], body=form), status=refused, attacker="none")


def places():
    good, other = hs(claims()), hs(claims(note="another"))
    bad = lambda name, title, request: scenario("token-location", name, title, request, status=MALFORMED)
    bad("nowhere", "no token", get("/board"))
    bad("bearer", "Bearer", get("/board", good, scheme="Bearer "))
    bad("bare", "without a scheme", get("/board", good, scheme=""))
    bad("empty", "a scheme and no token", get("/board", "", scheme="JWT "))
    bad("two-headers", "two headers, two tokens", get("/board", good, headers=[["Authorization", "JWT " + other]]))
    bad("header-query", "one token in the header, another in the query", get("/board?jwt=" + other, good))
    bad("query-twice", "the parameter twice", get(f"/board?jwt={good}&jwt={good}"))
    bad("array", "jwt[]", get("/board?jwt[]=" + good))
    bad("cookie", "a cookie", get("/board", headers=[["Cookie", "jwt=" + good]]))
    bad("acpt", "ACE's old parameter", get("/board?acpt=" + good))
    bad("x-acpt", "ACE's old header", get("/board", headers=[["X-acpt", good]]))


def contexts_and_sessions():
    def case(route, name, title, made, accept=None, **more):
        category = "context-route" if route == "context" else "session"
        scenario(category, name, title, get(f"/api/{route}", hs(made)), accept, route=route, **more)

    case("context", "ok", "a context token", context(), OK)
    case("context", "bound", "a token bound to this very address", claims("/api/context"))
    case("context", "foreign", "a token bound to another address", claims("/board"))
    case("context", "absent", "no qsh at all", claims(drop=["qsh"]))
    case("context", "other-case", "nearly the right word", context(qsh="Context-qsh"))
    case("context", "session", "a session token", session())
    case("context", "expired", "too old", context(iat=NOW - 400, exp=NOW - 100))
    case("context", "gone", "a tenant that is gone", context(iss=OTTER["clientKey"]))

    case("session", "ok", "a session token", session(), OK)
    case("session", "context", "a context token", context())
    case("session", "no-purpose", "a session token without its purpose", session(purpose=None))
    case("session", "other-purpose", "another purpose", session(purpose="download"))
    case("session", "no-aud", "no tenant named", session(aud=None))
    case("session", "two-auds", "two tenants named", session(aud=[HUSKY["clientKey"], MARMOT["clientKey"]]))
    case("session", "other-tenant", "another tenant named than the one that signed", session(aud=[MARMOT["clientKey"]]), attacker="other-tenant", severity="critical")
    case("session", "other-app", "issued by another app", session(iss="org.sample.another"))
    case("session", "long", "lives for a week", session(exp=NOW + 7 * 86400))
    case("session", "expired", "too old", session(iat=NOW - 800, exp=NOW - 100))
    case("session", "with-qsh", "a session token with a hash", session(qsh="context-qsh"))
    scenario("session", "on-page", "a session token on a page of the host", get("/board", hs(session())))


def tenants():
    bad = lambda name, title, jwt, **more: scenario("tenant", name, title, get("/board", jwt), attacker="other-tenant", **more)
    bad("gone", "uninstalled, the secret still right", hs(claims(tenant=OTTER), OTTER["sharedSecret"]))
    bad("crossed", "one tenant's name, another's secret", hs(claims(tenant=MARMOT)), severity="critical")
    bad("audience", "for another tenant", hs(claims(aud=[MARMOT["clientKey"]])))
    bad("other-app", "another app's secret on the same site", hs(claims(), "husky/another+app's~secret~0123456789abcdef"))
    for name, secret in [("empty", ""), ("null", "null"), ("undefined", "undefined"), ("app-key", APP), ("client-key", HUSKY["clientKey"])]:
        scenario("weak-key", name, f"signed with {secret!r}", get("/board", hs(claims(), secret)), attacker="none", severity="critical")
    scenario("weak-key", "stored-empty", "a tenant without a secret, signed with nothing", get("/board", hs(claims(tenant=PIKA), "")), attacker="none", severity="critical",
             world={"tenants": [HUSKY, MARMOT, OTTER, PIKA]})


def webhooks():
    path, event = "/webhooks/issue-created", json.dumps({"webhookEvent": "jira:issue_created", "issue": {"key": "PLAN-7"}})
    def case(name, title, jwt, accept=None, body=event, **more):
        request = http("POST", path, jwt, headers=[["Content-Type", "application/json"]], body=body)
        scenario("webhook", name, title, request, accept, route="webhook", **more)

    good = hs(claims(path, "POST", drop=["sub"]))
    case("ok", "an event", good, (HUSKY["clientKey"], None))
    case("unsigned", "an event without a token", None, attacker="none")
    case("context", "a context token", hs(context()))
    case("session", "a session token", hs(session()))
    case("page", "the token of a page", hs(claims("/board")))
    case("not-json", "a good token, half a body", good, body=event[:-3], status=[400], attacker="secret-holder", severity="medium")


# --- lifecycle ------------------------------------------------------------------------------------


def install_claims(path="/installed", tenant=HUSKY, **change):
    return claims(path, "POST", tenant=tenant, change={"aud": [BASE], **change}, drop=["sub"])


def record(event="installed", tenant=HUSKY, drop=(), **change):
    made = {
        "key": APP, "clientKey": tenant["clientKey"], "baseUrl": tenant["baseUrl"], "productType": tenant["productType"],
        "eventType": event, "description": "made up", "serverVersion": "100287",
    }
    if event == "installed":
        made["sharedSecret"] = "fresh/made-up+secret~for~tests~" + tenant["clientKey"]
    made.update(change)
    return json.dumps({name: value for name, value in made.items() if name not in drop})


def install(jwt, body=None, event="installed", kind="application/json", base=BASE, path=None):
    return http("POST", path or f"/{event}", jwt, headers=[["Content-Type", kind]], body=record(event) if body is None else body, base=base)


def lifecycle(keys):
    host, attacker = keys["host"], keys["attacker"]

    def case(name, title, request, accept=None, route="installed", **more):
        scenario("lifecycle", name, title, request, accept and (accept, None), route=route, **more)

    good = rs(install_claims(), host)
    fresh = {"clientKey": "vole-5f5f", "baseUrl": "https://vole.jira.com", "productType": "jira"}
    case("ok", "a reinstall", install(good), HUSKY["clientKey"])
    case("first", "a first install", install(rs(install_claims(tenant=fresh), host), record(tenant=fresh)), fresh["clientKey"])
    case("aud-text", "aud is a text with a trailing slash", install(rs(install_claims(aud=BASE + "/"), host)), HUSKY["clientKey"])
    case("aud-second", "our address comes second", install(rs(install_claims(aud=["https://a.sample.org", BASE]), host)), HUSKY["clientKey"])
    case("more-members", "members nobody knows", install(good, record(novelty={"a": [1]})), HUSKY["clientKey"])
    case("shouting", "baseUrl in upper case", install(good, record(baseUrl="HTTPS://HUSKY.ATLASSIAN.NET")), HUSKY["clientKey"])
    case("again", "a tenant that was gone comes back", install(rs(install_claims(tenant=OTTER), host), record(tenant=OTTER)), OTTER["clientKey"])
    gone = rs(install_claims("/uninstalled"), host)
    case("uninstalled", "an uninstall", install(gone, event="uninstalled"), HUSKY["clientKey"], "uninstalled")
    for event in ["enabled", "disabled"]:
        case(event, f"{event}, with the shared secret", install(hs(claims(f"/{event}", "POST", drop=["sub"])), event=event), HUSKY["clientKey"], event)

    quiet = "no request may leave"
    bad = lambda name, title, request, **more: case(name, title, request, **{"attacker": "none", "severity": "critical", **more})
    bad("unsigned", "a first install without a token", install(None), note=quiet)
    bad("secret", "signed with the tenant's own secret", install(hs(install_claims())), attacker="secret-holder", note=quiet)
    bad("context", "a context token as proof of an install", install(hs(context())), attacker="token-holder", note=quiet)
    bad("stranger", "signed by a stranger under the host's key id", install(rs(install_claims(), attacker)))
    bad("take-over", "one tenant's token, another's body", install(rs(install_claims(tenant=MARMOT), host)), attacker="other-tenant", note=quiet)
    bad("replayed", "a token of an hour ago", install(rs(install_claims(iat=NOW - 3780, exp=NOW - 3600), host)), note=quiet)
    bad("crossed", "the token of an uninstall", install(gone), note=quiet)
    bad("event", "an uninstall's body on the install route", install(good, record("uninstalled", sharedSecret="x" * 40)), note=quiet)
    for name, aud in [("none", None), ("empty", []), ("longer", [BASE + ".evil.example"]), ("http", ["http://planner.sample.org"]),
                      ("app-key", [APP]), ("number", [1]), ("object", [{}])]:
        bad(f"aud-{name}", f"aud is {json.dumps(aud)}", install(rs(install_claims(aud=aud), host)), note=quiet, severity="high")
    bad("iss-list", "iss is a list", install(rs(install_claims(iss=[HUSKY["clientKey"]]), host)), note=quiet, severity="medium")

    secrets = [400, 401, 422]
    for name, body in [
        ("no-client", record(drop=["clientKey"])), ("client-list", record(clientKey=[HUSKY["clientKey"]])),
        ("no-secret", record(drop=["sharedSecret"])), ("short-secret", record(sharedSecret="too short")),
        ("secret-object", record(sharedSecret={"$ne": ""})), ("other-app", record(key="org.sample.another")),
        ("product", record(productType="spreadsheet")), ("list", "[]"), ("half", record()[:-9]),
        ("twice", record().replace("{", '{"clientKey":"marmot-91c0",', 1)),
    ]:
        bad(f"body-{name}", f"body: {name}", install(good, body), status=secrets, note=quiet, severity="medium")
    bad("body-form", "a form", install(good, "key=" + APP, kind="application/x-www-form-urlencoded"), status=[400, 401, 415], note=quiet, severity="low")
    bad("body-huge", "a body of 4 MB", install(good, {"gen": ['{"clientKey":"', "x", 4_000_000, '"}']}), status=[400, 401, 413], note=quiet, severity="medium")

    sites = [400, 401, 403]
    for name, url in [
        ("other", "https://husky.example.net"), ("suffix", "https://husky.atlassian.net.evil.example"), ("nested", "https://a.husky.atlassian.net"),
        ("user", "https://husky.atlassian.net@evil.example"), ("http", "http://husky.atlassian.net"), ("port", "https://husky.atlassian.net:8443"),
        ("address", "https://10.0.0.1"), ("local", "https://localhost"), ("script", "javascript:0"), ("empty", ""),
        ("backslash", "https://evil.example\\.atlassian.net"), ("new-line", "https://evil.example\n.atlassian.net"), ("bare", "https://atlassian.net"),
    ]:
        bad(f"site-{name}", f"baseUrl {url!r}", install(good, record(baseUrl=url)), status=sites, note=quiet, severity="high", attacker="other-tenant")

    for event in ["enabled", "disabled"]:
        bad(f"{event}-unsigned", f"{event} without a token", install(None, event=event), route=event, note=quiet, severity="high")
        bad(f"{event}-rs256", f"{event} with an install token", install(rs(install_claims(f"/{event}"), host), event=event), route=event, note=quiet, severity="high", attacker="secret-holder")
        bad(f"{event}-crossed", f"{event}: one tenant's token, another's body", install(hs(claims(f"/{event}", "POST")), record(event, MARMOT), event=event),
            route=event, note=quiet, severity="high", attacker="other-tenant")
    bad("disabled-late", "disabled after an uninstall, as hosts send it, without a token", install(None, record("disabled", OTTER), event="disabled"),
        route="disabled", note=quiet, severity="low")


def key_servers(keys):
    host, attacker, weak = keys["host"], keys["attacker"], keys["weak"]

    def case(kid, title, key=host, accept=None, status=(401, 503), **more):
        scenario("key-server", kid, title, install(rs(install_claims(), key, kid)), accept and (accept, None), status=list(status), route="installed",
                 **{"severity": "high", "attacker": "key-server", **more})

    case("crlf", "the key with CRLF", accept=HUSKY["clientKey"], severity="interop", attacker=None)
    case("blanks", "the key between blanks", accept=HUSKY["clientKey"], severity="interop", attacker=None)
    case("folder/of/keys", "a key id with folders", accept=HUSKY["clientKey"], severity="interop", attacker=None)
    case("missing", "no such key", status=DENIED)
    case("missing-with-pem", "a 404 whose body is a key", attacker, status=DENIED)
    case("error-with-pem", "a 500 whose body is a key", attacker)
    case("redirect", "a redirect")
    case("slow", "half a minute until an answer")
    case("huge", "a key of 12 MB")
    case("two", "two keys, the stranger's first", attacker)
    case("two-last", "two keys, the stranger's last", attacker)
    case("page", "a web page")
    case("empty", "nothing")
    case("curve", "a key of an elliptic curve")
    case("private", "a private key's armour")
    case("weak", "a key of 1,024 bits", weak)

    quiet = lambda name, title, header: scenario("key-id", name, title, install(rs(install_claims(), host, header=header)), route="installed",
                                                 severity="medium", attacker="none", note="no request may leave")
    quiet("missing", "no key id", {"alg": "RS256"})
    for name, kid in [("number", 7), ("list", [KID]), ("empty", ""), ("up", "../" + KID), ("up-encoded", "%2e%2e/x"), ("up-inside", "a/../b"), ("dots", ".."),
                      ("absolute", "https://evil.example/key"), ("host", "//evil.example/key"), ("query", KID + "?a=b"), ("fragment", KID + "#a"),
                      ("line", "a\r\nHost: evil.example"), ("nul", "a\u0000b"), ("blank", "a b"), ("long", "k" * 300)]:
        quiet(name, f"key id {str(kid)[:40]!r}", {"alg": "RS256", "kid": kid})


def key_server(keys, curve):
    host, attacker, weak = (keys[name].public for name in ["host", "attacker", "weak"])
    page = lambda body, status=200: {"status": status, "body": body}
    return {
        KID: page(host),
        "crlf": page(host.replace("\n", "\r\n")),
        "blanks": page(f"\n \t{host}\n\n"),
        "folder/of/keys": page(host),
        "missing": page("no such key", 404),
        "missing-with-pem": page(attacker, 404),
        "error-with-pem": page(attacker, 500),
        "redirect": {"status": 302, "location": "/" + KID, "body": ""},
        "slow": {"status": 200, "delay_ms": 30_000, "body": host},
        "huge": {"status": 200, "body_repeat": ["-----BEGIN PUBLIC KEY-----\n", 450_000]},
        "two": page(attacker + host),
        "two-last": page(host + attacker),
        "page": page("<!doctype html><title>keys</title>"),
        "empty": page(""),
        "curve": page(curve),
        "private": page("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        "weak": page(weak),
    }


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        keys = {
            "host": RsaKey(folder, "host"),
            "attacker": RsaKey(folder, "attacker"),
            "weak": RsaKey(folder, "weak", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"),
        }
        curve = RsaKey(folder, "curve", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256").public
        genuine()
        algorithms(keys)
        claim_faults()
        hashes()
        shapes()
        places()
        contexts_and_sessions()
        tenants()
        webhooks()
        lifecycle(keys)
        key_servers(keys)
        document = {
            "meta": {
                "what": "requests that must be accepted or refused: the project's own cases",
                "made_by": "tests/vectors/make/auth_scenarios.py",
                "count": len(VECTORS),
                "world": {
                    "now": NOW,
                    "app": {"key": APP, "base_url": BASE, "allowed_hosts": ["*.atlassian.net", "*.jira.com"], "max_lifetime_s": 86400, "leeway_s": 30},
                    "tenants": [HUSKY, MARMOT, OTTER],
                    "key_server": key_server(keys, curve),
                },
            },
            "vectors": VECTORS,
        }
    names = [vector["id"] for vector in VECTORS]
    assert len(set(names)) == len(names), "ids must be unique"
    json.dump(document, sys.stdout, indent=1, ensure_ascii=True)
    print()


if __name__ == "__main__":
    main()
