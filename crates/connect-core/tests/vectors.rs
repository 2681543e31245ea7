//! Replays the test vectors of `CONNECT_VECTORS` (default `../shared/data/vectors` beside the
//! repository, else the repository's own cases in `tests/vectors`) and prints how many of each file
//! passed. Fails when a case fails or when a file has no case.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test program: it reads its files and says what it did"
)]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use connect_core::{
    BaseUrl, Kid,
    jws::{Compact, VerifyingKey},
    keys::{HmacKey, RsaPublicKey},
    qsh::{self, Qsh, RequestLine},
    redact::redact,
};
use serde_json::Value;

fn main() -> ExitCode {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (folder, own) = folder(&repository);
    println!("vectors from {}", folder.display());
    if own {
        println!("(the shared vectors are not here: these are the repository's own cases only)");
    }
    let mut names = vec![
        "qsh.json".to_owned(),
        "qsh-pairs.json".to_owned(),
        "kid-syntax.json".to_owned(),
        "redaction.json".to_owned(),
    ];
    names.extend(files(&folder, "wycheproof-"));
    let mut run = 0;
    let mut good = true;
    for name in names {
        let case: Case = match name.as_str() {
            "qsh.json" => qsh_case,
            "qsh-pairs.json" => pair_case,
            "kid-syntax.json" => kid_case,
            "redaction.json" => redaction_case,
            _ => wycheproof_case,
        };
        if folder.join(&name).exists() {
            good &= replay(&folder, &name, case);
            run += 1;
        } else {
            println!("{name}: not in this folder");
        }
    }
    if good && run > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn folder(repository: &Path) -> (PathBuf, bool) {
    if let Some(folder) = env::var_os("CONNECT_VECTORS") {
        // Cargo runs tests in the crate's folder; people type paths from the repository's.
        let folder = PathBuf::from(folder);
        let here = folder.is_dir();
        return (
            if here {
                folder
            } else {
                repository.join(folder)
            },
            false,
        );
    }
    let shared = repository.join("../shared/data/vectors");
    if shared.is_dir() {
        (shared, false)
    } else {
        (repository.join("tests/vectors"), true)
    }
}

fn files(folder: &Path, prefix: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter(|name| name.starts_with(prefix) && name.ends_with(".json"))
        .collect();
    names.sort();
    names
}

/// What came of one case.
enum Outcome {
    Passed,
    Failed(String),
    /// The case contradicts the standard it tests, or its own file; says how.
    Contradictory(&'static str),
}

type Case = fn(&Value, &[Value]) -> Outcome;

/// Runs every case of a file; true when all passed and there was at least one.
fn replay(folder: &Path, name: &str, case: Case) -> bool {
    let text = fs::read_to_string(folder.join(name)).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let cases = document["vectors"].as_array().unwrap();
    let (mut passed, mut failed, mut contradictory) = (0, 0, 0);
    for vector in cases {
        let id = vector["id"].as_str().unwrap_or("?");
        match case(vector, cases) {
            Outcome::Passed => passed += 1,
            Outcome::Failed(why) => {
                failed += 1;
                println!("  {id}: {why}");
            }
            Outcome::Contradictory(why) => {
                contradictory += 1;
                println!("  {id}: set aside, {why}");
            }
        }
    }
    let aside = match contradictory {
        0 => String::new(),
        count => format!(", {count} set aside"),
    };
    println!("{name}: {passed} passed, {failed} failed{aside}");
    failed == 0 && passed > 0
}

fn check(holds: bool, why: impl FnOnce() -> String) -> Outcome {
    if holds {
        Outcome::Passed
    } else {
        Outcome::Failed(why())
    }
}

fn base_path(vector: &Value) -> String {
    match vector["base_url"].as_str() {
        None | Some("") => String::new(),
        Some(path) if path.starts_with('/') => path.to_owned(),
        Some(url) => BaseUrl::parse(url).unwrap().path().to_owned(),
    }
}

fn qsh_case(vector: &Value, _: &[Value]) -> Outcome {
    let text = |name: &str| vector[name].as_str().unwrap();
    let base = base_path(vector);
    let form = vector["form_body"].as_str().map(str::as_bytes);
    let request = RequestLine {
        method: text("method"),
        target: text("url"),
        form,
    };
    let canonical = qsh::canonical(&request, &base);
    if vector["ambiguous"] == true {
        // References disagree. Our choice: a broken escape has no canonical form, either way.
        let both = canonical.is_err() == qsh::matches("", &request, [&*base]).is_err();
        return check(both, || "signing and verifying disagree".to_owned());
    }
    if form.is_none() {
        // Host-made tokens come with the hash alone.
        let expected = vector["expect"]["canonical"].as_str();
        if expected.is_some() && canonical.as_deref().ok() != expected {
            return Outcome::Failed(format!("signed {canonical:?}, expected {expected:?}"));
        }
        let signed = Qsh::sign(&request, &base).unwrap();
        if signed.as_str() != vector["expect"]["qsh"].as_str().unwrap() {
            return Outcome::Failed("hash".to_owned());
        }
    }
    let acceptable: Vec<&str> = vector["inbound_accept"]
        .as_array()
        .unwrap()
        .iter()
        .map(|variant| variant["qsh"].as_str().unwrap())
        .collect();
    for hash in &acceptable {
        if qsh::matches(hash, &request, [&*base]) != Ok(true) {
            return Outcome::Failed(format!("does not accept {hash}"));
        }
    }
    // Nothing else may pass; for a form, the hash without the form may.
    let ours = qsh::candidates(&request, [&*base]).unwrap();
    let stray = ours.iter().find(|canonical| {
        let hash = Qsh::of(canonical);
        !acceptable.contains(&hash.as_str()) && form.is_none()
    });
    check(stray.is_none(), || format!("also accepts {stray:?}"))
}

fn pair_case(vector: &Value, _: &[Value]) -> Outcome {
    let base = base_path(vector);
    let hash = |side: &str| {
        let request = RequestLine {
            method: vector[side]["method"].as_str().unwrap(),
            target: vector[side]["url"].as_str().unwrap(),
            form: None,
        };
        let hash = Qsh::sign(&request, &base).unwrap();
        let other = if side == "a" { "b" } else { "a" };
        let other = Qsh::sign(
            &RequestLine {
                method: vector[other]["method"].as_str().unwrap(),
                target: vector[other]["url"].as_str().unwrap(),
                form: None,
            },
            &base,
        );
        (
            qsh::matches(other.unwrap().as_str(), &request, [&*base]).unwrap(),
            hash,
        )
    };
    let ((a_takes_b, a), (b_takes_a, b)) = (hash("a"), hash("b"));
    match vector["relation"].as_str().unwrap() {
        "equal" => check(a == b && a_takes_b && b_takes_a, || {
            "the hashes differ".to_owned()
        }),
        "different" => check(a != b && !a_takes_b && !b_takes_a, || {
            "the hashes are equal".to_owned()
        }),
        other => Outcome::Failed(format!("unknown relation {other}")),
    }
}

fn kid_case(vector: &Value, _: &[Value]) -> Outcome {
    let allowed = Kid::parse(vector["kid"].as_str().unwrap()).is_ok();
    check(vector["allowed"] == allowed, || {
        format!("allowed: {allowed}")
    })
}

/// Nothing of a secret survives, 16 characters in a row included; what must be read does.
fn redaction_case(vector: &Value, _: &[Value]) -> Outcome {
    let list = |name: &str| vector[name].as_array().cloned().unwrap_or_default();
    let redacted = redact(vector["input"].as_str().unwrap());
    for secret in list("must_not_contain") {
        let secret: Vec<char> = secret.as_str().unwrap().chars().collect();
        for part in secret.windows(secret.len().min(16)) {
            let part: String = part.iter().collect();
            if redacted.contains(&part) {
                return Outcome::Failed(format!("{part:?} survives in {redacted:?}"));
            }
        }
    }
    for text in list("must_contain") {
        if !redacted.contains(text.as_str().unwrap()) {
            return Outcome::Failed(format!("{text} is gone from {redacted:?}"));
        }
    }
    check(redact(&redacted) == redacted, || {
        format!("not the same again: {redacted:?}")
    })
}

/// The header of a token that has been parsed before.
fn header(token: &str) -> Value {
    let header = token.split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}

/// Project Wycheproof's JWS cases, at the layer below claims: a key is found by its id, as a key
/// server does, and its kind is the algorithm.
fn wycheproof_case(vector: &Value, all: &[Value]) -> Outcome {
    let token = vector["jws"].as_str().unwrap();
    let key = &vector["key"];
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let verify = || {
        let compact = Compact::parse(token)?;
        if key["kid"].is_string() && header(token)["kid"] != key["kid"] {
            return Err(connect_core::TokenError::Kid);
        }
        match key["kty"].as_str() {
            Some("RSA") => {
                let key = RsaPublicKey::from_components(&bytes("n"), &bytes("e")).unwrap();
                compact.verify(VerifyingKey::Rsa(&key)).map(<[u8]>::to_vec)
            }
            _ => {
                let key = HmacKey::from_bytes(&bytes("k"));
                compact.verify(VerifyingKey::Hmac(&key)).map(<[u8]>::to_vec)
            }
        }
    };
    let accepted = verify().is_ok();
    let valid = vector["result"] == "valid";
    if accepted == valid {
        return Outcome::Passed;
    }
    let twin = all.iter().any(|other| {
        other["jws"] == vector["jws"] && other["key"] == *key && other["result"] != vector["result"]
    });
    if twin {
        return Outcome::Contradictory(
            "another case has the same token and key and the opposite result",
        );
    }
    let alphabet = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if valid && !token.bytes().all(alphabet) {
        return Outcome::Contradictory("RFC 7515 section 2 has no such character in base64url");
    }
    Outcome::Failed(format!("accepted: {accepted}, {:?}", verify().map(|_| ())))
}
