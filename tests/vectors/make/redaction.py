#!/usr/bin/env python3
"""Writes tests/vectors/redaction.json: texts, and what may not survive in them.

Every secret is made up here. `must_contain` says what is needed to find a fault and must survive.

    python3 tests/vectors/make/redaction.py > tests/vectors/redaction.json
"""

import base64
import json
import sys
from urllib.parse import quote

SECRET = "vole/made-up+secret~for~tests~9d3b1c7e5f204a68"
API_TOKEN = "ATATT3xNotARealApiToken_0a1b2c3d4e5f-6789=9F8E7D6C"
PASSWORD = "correct;horse,battery)staple!"
NGROK = "5madeUpNgrokAuthtoken_0918273645ABCDEFGHIJKL"
UPM = "-8070605040302010907"


def b64(text):
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


HEAD, BODY, TAIL = b64('{"typ":"JWT","alg":"HS256"}'), b64('{"iss":"vole-5f5f","sub":"ada"}'), b64("not really a signature, but 32 b")
TOKEN = f"{HEAD}.{BODY}.{TAIL}"
SPACED = f'{b64(chr(123) + " " + chr(34) + "alg" + chr(34) + ": " + chr(34) + "HS256" + chr(34) + chr(125))}.{BODY}.{TAIL}'
BASIC = base64.b64encode(f"ada@sample.org:{API_TOKEN}".encode()).decode()
PEM = "-----BEGIN PRIVATE KEY-----\nTm90QVByaXZhdGVLZXlBdEFsbE5vdEFQcml2YXRlS2V5\nQXRBbGxOb3RBUHJpdmF0ZUtleUF0QWxs\n-----END PRIVATE KEY-----"
PEM_LINES = PEM.split("\n")[1:3]

VECTORS = []


def case(name, text, *secrets, keep=()):
    VECTORS.append({"id": name, "source": {"origin": "own"}, "input": text, "must_not_contain": list(secrets), "must_contain": list(keep)})


def escaped(text):
    return json.dumps(text)[1:-1]


def main():
    parts = (TOKEN, HEAD, BODY, TAIL)
    case("jwt-header", f"authorization: JWT {TOKEN}", *parts)
    case("jwt-header-next-line", f"Authorization: JWT {TOKEN}\r\nHost: vole.jira.com", *parts, keep=["Host: vole.jira.com"])
    case("jwt-bare", f"refused {TOKEN} (401)", *parts, keep=["refused", "(401)"])
    case("jwt-debug", f'Some("{TOKEN}")', *parts)
    case("jwt-query", f"GET /board?issue=PLAN-7&jwt={TOKEN}&cp=%2Fwiki 401", *parts, keep=["GET /board?issue=PLAN-7", "cp=%2Fwiki 401"])
    case("jwt-query-json-escape", f'{{"url":"/board?a=1\\u0026jwt={TOKEN}\\u0026b=2"}}', *parts)
    case("jwt-percent", "next=" + quote(f"/board?jwt={TOKEN}&x=1", safe=""), *parts)
    case("jwt-percent-twice", "next=" + quote(quote(f"/board?jwt={TOKEN}&x=1", safe=""), safe=""), *parts)
    case("jwt-percent-dots", f"jwt%3D{TOKEN.replace('.', '%2E')}", HEAD, BODY, TAIL)
    case("jwt-cut-short", f"token {TOKEN[:60]}...", HEAD)
    case("jwt-without-signature", f"verifying {HEAD}.{BODY}.", HEAD, BODY)
    case("jwt-spaced-header", f"token: {SPACED}", *SPACED.split("."))
    case("jwt-encrypted", f"{HEAD}.a.{BODY}.{TAIL}.{TAIL}", HEAD, BODY, TAIL)
    case("jwt-in-base64", base64.b64encode(TOKEN.encode()).decode(), base64.b64encode(TOKEN.encode()).decode())
    case("jwt-glued", f"x{TOKEN}y", *parts)
    case("bearer-in-prose", f"sent Bearer {'q7' * 20} to the host", "q7" * 20, keep=["to the host"])
    case("acpt-query", f"/api?acpt={'k3' * 20}", "k3" * 20)
    case("acpt-header", f"X-acpt: {TOKEN}", *parts)

    record = {"key": "org.sample.planner", "clientKey": "vole-5f5f", "sharedSecret": SECRET, "baseUrl": "https://vole.jira.com"}
    case("secret-json", json.dumps(record), SECRET, keep=["vole-5f5f", "https://vole.jira.com"])
    case("secret-json-compact", json.dumps(record, separators=(",", ":")), SECRET, keep=["vole-5f5f"])
    case("secret-json-in-json", json.dumps({"msg": json.dumps(record)}), SECRET, keep=["vole-5f5f"])
    case("secret-json-twice-in-json", json.dumps({"msg": json.dumps({"msg": json.dumps(record)})}), SECRET, keep=["vole-5f5f"])
    case("secret-with-quotes", json.dumps({"sharedSecret": 'part "one" of sixteen\\and more of it'}), 'part \\"one\\" of sixteen', "and more of it", "of sixteen\\\\and more")
    case("secret-inspect", f"{{ clientKey: 'vole-5f5f', sharedSecret: '{SECRET}' }}", SECRET, keep=["vole-5f5f"])
    case("secret-debug", f'Tenant {{ client_key: "vole-5f5f", shared_secret: Some("{SECRET}"), state: Enabled }}', SECRET, keep=["vole-5f5f", "state: Enabled"])
    case("secret-debug-bytes", f'shared_secret: b"{SECRET}"', SECRET)
    case("secret-yaml", f"shared_secret: {SECRET}\nsite: vole", SECRET, keep=["site: vole"])
    case("secret-form", f"clientKey=vole&sharedSecret={quote(SECRET, safe='')}&x=1", quote(SECRET, safe=""), keep=["clientKey=vole", "x=1"])
    case("secret-percent-json", quote(json.dumps(record), safe=""), quote(SECRET, safe=""))
    case("secret-html", f"&quot;sharedSecret&quot;:&quot;{SECRET}&quot;", SECRET)
    case("secret-cut-short", f'{{"sharedSecret":"{SECRET[:30]}', SECRET[:30])
    case("secret-list", json.dumps({"sharedSecrets": [SECRET, SECRET[::-1]]}), SECRET, SECRET[::-1])

    case("basic-header", f"Authorization: Basic {BASIC}", BASIC, API_TOKEN)
    case("basic-curl", f"curl -H 'Authorization: Basic {BASIC}' https://vole.jira.com", BASIC)
    case("basic-pair", f'[("host", "vole.jira.com"), ("authorization", "Basic {BASIC}")]', BASIC, keep=["vole.jira.com"])
    case("basic-map", f'{{"authorization": "Basic {BASIC}", "host": "vole.jira.com"}}', BASIC, keep=["vole.jira.com"])
    case("basic-proxy", f"Proxy-Authorization: Basic {BASIC}", BASIC)
    case("basic-flag", f"--auth-token Basic {BASIC} --verbose", BASIC, keep=["--verbose"])
    case("digest-header", f'Authorization: Digest username="ada", response="{"0f" * 16}"', "0f" * 16)
    case("cookie", f"Cookie: theme=dark; sid={'s5' * 20}", "s5" * 20)
    case("set-cookie", f"set-cookie: sid={'s5' * 20}; Path=/; Secure", "s5" * 20)
    case("set-cookie-json", json.dumps({"set-cookie": [f"sid={'s5' * 20}; Path=/", f"sid2={'t6' * 20}"]}), "s5" * 20, "t6" * 20)
    for kind in ["system", "user"]:
        case(f"forge-{kind}", f"X-Forge-OAuth-{kind.title()}: {'opaque-forge-token.' * 3}", "opaque-forge-token.")
    case("upm-header", f"upm-token: {UPM}", UPM)
    case("upm-query", f"POST https://vole.jira.com/rest/plugins/1.0/?token={UPM} 202", UPM, keep=["https://vole.jira.com/rest/plugins/1.0/", "202"])

    user = f"ada%40sample.org:{quote(API_TOKEN, safe='')}"
    case("userinfo", f"registered at https://ada:{PASSWORD}@vole.jira.com/jira", PASSWORD, keep=["registered at https://", "vole.jira.com/jira"])
    case("userinfo-encoded", f"https://{user}@vole.jira.com/", quote(API_TOKEN, safe=""))
    case("userinfo-odd", f"https://ada:{'slash/in/password'}@vole.jira.com/", "slash/in/password")
    case("userinfo-percent", quote(f"https://ada:{API_TOKEN}@vole.jira.com/", safe=""), quote(API_TOKEN, safe=""))
    case("userinfo-token-only", f"git clone https://{'g9' * 20}@git.sample.org/x", "g9" * 20)
    case("no-userinfo", "GET https://vole.jira.com:443/people/@ada", keep=["GET https://vole.jira.com:443/people/@ada"])

    case("environment", f"NGROK_AUTHTOKEN={NGROK} AC_HOST_PASSWORD={PASSWORD} PORT=3000", NGROK, PASSWORD, keep=["PORT=3000"])
    case("environment-quoted", f"export CLIENT_SECRET='{PASSWORD} with blanks in it'", PASSWORD, "with blanks in it")
    case("environment-debug", f'[("NGROK_AUTHTOKEN", "{NGROK}"), ("PORT", "3000")]', NGROK, keep=["3000"])
    case("flag", f"ngrok http 3000 --authtoken {NGROK} --region eu", NGROK, keep=["ngrok http 3000", "--region eu"])
    case("flag-equals", f"ngrok http 3000 --authtoken={NGROK} --region eu", NGROK, keep=["--region eu"])
    case("toml", f'password = "{PASSWORD}"\nport = 3000', PASSWORD, keep=["port = 3000"])
    credentials = {"hosts": {"vole.jira.com": {"product": "jira", "username": "ada@sample.org", "password": API_TOKEN}}}
    case("credentials", json.dumps(credentials, indent=2), API_TOKEN, keep=["ada@sample.org", '"jira"'])
    case("api-token-in-prose", f"the host refused {API_TOKEN} today", API_TOKEN, keep=["the host refused", "today"])
    form = f"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={'a1b2' * 12}&scope=READ"
    case("assertion", form, "a1b2" * 12, keep=["scope=READ"])
    answer = {"access_token": "z8" * 24, "expires_in": 900, "token_type": "Bearer"}
    case("access-token", json.dumps(answer), "z8" * 24, keep=["900"])
    case("client-secret", f"client_id=planner&client_secret={'m4' * 16}", "m4" * 16, keep=["client_id=planner"])
    case("private-key", f"key:\n{PEM}\nnext line", *PEM_LINES, keep=["next line"])
    case("private-key-json", json.dumps({"privateKey": PEM, "kid": "k1"}), *PEM_LINES, keep=["k1"])
    case("private-key-cut-short", PEM[:70], PEM[28:70])
    case("not-ascii", f"caf\u00e9 \u2192 jwt={TOKEN} \u2190 \U0001f511 sharedSecret: \u201c{SECRET}\u201d", TOKEN, SECRET, keep=["caf\u00e9 \u2192", "\u2190"])
    case("prose", "error[auth/qsh-mismatch]: the token was made for another request\nhint: connect validate", keep=[
        "error[auth/qsh-mismatch]: the token was made for another request\nhint: connect validate"])
    case("prose-colon", "caused by: bad token: signature does not hold", keep=["caused by: bad token: signature does not hold"])
    case("settings", "maxTokenAge=900 tokenLeeway: 30", keep=["maxTokenAge=900 tokenLeeway: 30"])

    names = [vector["id"] for vector in VECTORS]
    assert len(set(names)) == len(names), "ids must be unique"
    for vector in VECTORS:
        # A case that holds no secret at all cannot fail.
        for secret in vector["must_not_contain"]:
            held = secret in vector["input"] or escaped(secret) in vector["input"] or secret == API_TOKEN
            assert held, (vector["id"], secret)
    document = {
        "meta": {
            "what": "redact(input) holds no must_not_contain, nor 16 characters of one in a row; holds every must_contain; redacting twice changes nothing more",
            "made_by": "tests/vectors/make/redaction.py",
            "count": len(VECTORS),
        },
        "vectors": VECTORS,
    }
    json.dump(document, sys.stdout, indent=1, ensure_ascii=True)
    print()


if __name__ == "__main__":
    main()
