use proptest::prelude::*;

use super::{query::push_encoded, *};

fn encode(text: &str) -> String {
    let mut encoded = String::new();
    push_encoded(&mut encoded, text);
    encoded
}

fn check(target: &str, base: &str, expected: &str) {
    let request = RequestLine {
        method: "get",
        target,
        form: None,
    };
    assert_eq!(canonical(&request, base).unwrap(), expected, "{target}");
}

#[test]
fn a_hash_is_sha_256_in_lower_case() {
    // FIPS 180-4, the empty message and "abc": every digit is in them.
    for (text, digits) in [
        (
            "",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        (
            "abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
    ] {
        assert_eq!(Qsh::of(text).as_str(), digits);
    }
}

#[test]
fn a_hash_is_shown_as_its_digits() {
    let hash = Qsh::of("GET&/&");
    assert_eq!(hash.to_string(), hash.as_str());
    assert_eq!(format!("{hash:?}"), format!("Qsh({})", hash.as_str()));
}

#[test]
fn a_request_line_is_shown_without_its_token() {
    let request = RequestLine {
        method: "PATCH",
        target: "/page?a=1&jwt=eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIn0.c2ln",
        form: Some(b"jwt=secret"),
    };
    let shown = format!("{request:?}");
    for part in ["PATCH", "/page?a=1", "10"] {
        assert!(shown.contains(part), "{shown}");
    }
    assert!(
        !shown.contains("eyJ") && !shown.contains("secret"),
        "{shown}"
    );
}

#[test]
fn escapes_of_either_case_and_blanks_anywhere_are_read() {
    for (target, expected) in [
        ("/?a=%c3%bc%2f", "GET&/&a=%C3%BC%2F"),
        ("/?a=+b", "GET&/&a=%20b"),
        ("/?a=+", "GET&/&a=%20"),
        ("/?+a=b+", "GET&/&%20a=b%20"),
    ] {
        check(target, "", expected);
    }
}

#[test]
fn a_plus_in_a_path_is_no_blank() {
    let request = RequestLine {
        method: "GET",
        target: "/a%20b+c",
        form: None,
    };
    let all = candidates(&request, []).unwrap();
    assert_eq!(all, ["GET&/a%20b+c&", "GET&/a b+c&"]);
}

/// Java and JavaScript put a character of two units before the last ones of one unit.
#[test]
fn values_of_one_name_are_in_the_order_of_utf16_units() {
    check(
        "/?a=%EF%BD%A1&a=%F0%9F%98%80",
        "",
        "GET&/&a=%F0%9F%98%80,%EF%BD%A1",
    );
}

#[test]
fn every_spelling_is_listed_once() {
    let request = RequestLine {
        method: "GET",
        target: "/x/a%20b?a%3A=1&a0=2",
        form: None,
    };
    assert_eq!(
        candidates(&request, ["", "/x", "/y"]).unwrap(),
        [
            "GET&/x/a%20b&a%3A=1&a0=2",
            "GET&/x/a%20b&a0=2&a%3A=1",
            "GET&/x/a b&a%3A=1&a0=2",
            "GET&/x/a b&a0=2&a%3A=1",
            "GET&/a%20b&a%3A=1&a0=2",
            "GET&/a%20b&a0=2&a%3A=1",
            "GET&/a b&a%3A=1&a0=2",
            "GET&/a b&a0=2&a%3A=1",
        ]
    );
}

#[test]
fn the_longest_target_is_still_hashed() {
    let sign = |length: usize| {
        let target = format!("/{}", "a".repeat(length - 1));
        let request = RequestLine {
            method: "GET",
            target: &target,
            form: None,
        };
        Qsh::sign(&request, "").map(drop)
    };
    assert_eq!(MAX_TARGET, 262_144);
    assert_eq!(sign(MAX_TARGET), Ok(()));
    assert_eq!(sign(MAX_TARGET + 1), Err(QshError::TooLong));
}

#[test]
fn canonical_requests_of_our_own() {
    check("/", "", "GET&/&");
    check("", "", "GET&/&");
    check("https://a.example", "", "GET&/&");
    check("https://a.example?x", "", "GET&/&x=");
    check(
        "x?u=https://a.example/b",
        "",
        "GET&x&u=https%3A%2F%2Fa.example%2Fb",
    );
    check("x/y://z", "", "GET&x/y://z&");
    check(
        "https://a.example/wiki/x/?b=2&a=1#f",
        "/wiki",
        "GET&/x&a=1&b=2",
    );
    check("/x#y?a=1", "", "GET&/x&");
    check("/x?a=1#b=2?c#d", "", "GET&/x&a=1");
    check("https://a.example#/x?a=1", "", "GET&/&");
    check("x#y://z/a?b", "", "GET&x&");
    check("/wikipedia", "/wiki", "GET&/wikipedia&");
    check("/wiki", "/wiki", "GET&/&");
    check(
        "/x?u=http://a.example/?y",
        "",
        "GET&/x&u=http%3A%2F%2Fa.example%2F%3Fy",
    );
    check("/x&y?a=b&&=c&jwt=t&%6Awt=t", "", "GET&/x%26y&a=b");
    check("/x?a=2&a=1&a=1%2C2", "", "GET&/x&a=1,1%2C2,2");
    check("/x?f[y]=*'(~)", "", "GET&/x&f%5By%5D=%2A%27%28~%29");
    check(
        "/x?%F0%9F%98%80=1&%EF%BF%BD=2&a+b=c%20d",
        "",
        "GET&/x&%EF%BF%BD=2&%F0%9F%98%80=1&a%20b=c%20d",
    );
}

#[test]
fn broken_escapes_have_no_canonical_form() {
    for target in [
        "/x?a=%zz",
        "/x?a=%2",
        "/x?%=1",
        "/x?a=%E9",
        "/x?a=%ED%A0%80",
    ] {
        let request = RequestLine {
            method: "GET",
            target,
            form: None,
        };
        assert_eq!(
            canonical(&request, ""),
            Err(QshError::BrokenEscape),
            "{target}"
        );
        assert_eq!(
            matches("", &request, []),
            Err(QshError::BrokenEscape),
            "{target}"
        );
    }
}

#[test]
fn a_form_counts_only_when_the_query_is_empty() {
    let signed = Qsh::of("POST&/x&a=1");
    let form = Some(b"a=1".as_slice());
    let with = |target, form| {
        matches(
            signed.as_str(),
            &RequestLine {
                method: "POST",
                target,
                form,
            },
            [],
        )
        .unwrap()
    };
    assert!(with("/x", form));
    assert!(with("/x?jwt=t", form));
    assert!(!with("/x?b=1", form));
    assert!(!with("/x", Some(b"a=2")));
    assert!(!with("/x", None));
}

proptest! {
    #[test]
    fn the_order_of_parameters_does_not_matter(
        mut params in proptest::collection::vec(("[a-c%&= ]{1,3}", "\\PC{0,4}"), 0..6),
        turn in any::<prop::sample::Index>(),
    ) {
        let target = |params: &[(String, String)]| {
            let query: Vec<String> = params.iter()
                .map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
            format!("/p?{}", query.join("&"))
        };
        let before = target(&params);
        if !params.is_empty() {
            let by = turn.index(params.len());
            params.rotate_left(by);
        }
        params.reverse();
        let after = target(&params);
        let canonical = |target: &str| super::canonical(
            &RequestLine { method: "GET", target, form: None }, "").unwrap();
        prop_assert_eq!(canonical(&before), canonical(&after));
    }

    #[test]
    fn what_we_sign_we_accept(target in "/[a-z%0-9A-F/&+=?;,]{0,40}", base in "(/[a-z]{1,3})?") {
        let request = RequestLine { method: "GET", target: &target, form: None };
        if let Ok(qsh) = Qsh::sign(&request, &base) {
            prop_assert!(matches(qsh.as_str(), &request, [&*base]).unwrap());
        }
    }

    #[test]
    fn no_text_makes_it_panic(method in "\\PC{0,5}", target in any::<String>(), form in any::<Vec<u8>>()) {
        let request = RequestLine { method: &method, target: &target, form: Some(&form) };
        let _ = candidates(&request, ["", "/a"]);
    }

    #[test]
    fn decoding_undoes_encoding(text in any::<String>()) {
        let encoded = encode(&text);
        prop_assert_eq!(decode(&encoded, true).unwrap(), text.as_str());
    }
}
