//! Damaged text: whatever is typed, the answer is sound and fixes make it better.

use connect_validator::{
    MAX_FINDINGS, Options, Product, check, check_manifest, descriptor_facts, fix, migrate,
};

use crate::corpus::samples;
use crate::mutate::Dice;

/// Pieces that have a meaning somewhere in JSON, JSON5 or a template.
const PIECES: &[&str] = &[
    "{", "}", "[", "]", ",", ":", "\"", "'", "\\", "/", "//", "/*", "*/", "{{", "}}", "{%", "%}",
    "${", "\n", "\u{feff}", "ü", "🦀", "\u{0}", "\t", "\\u12", "\\ud83d", "null", "true", "True",
    "0x", "-", "1e999", ".5", "__A__", "@", "$", "£",
];

#[test]
fn damaged_text_is_answered_soundly_and_fixes_leave_less_to_say() {
    let samples = samples();
    let mut fixed = 0;
    for seed in 0..3_000 {
        let mut dice = Dice::new(seed);
        let mut text = samples[dice.roll(samples.len())].source.clone();
        for _ in 0..=dice.roll(4) {
            damage(&mut text, &mut dice);
        }
        let before = check(&text, &Options::default());
        assert!(before.findings.len() <= MAX_FINDINGS);
        for finding in &before.findings {
            let span = finding.span;
            assert!(
                span.start <= span.end && text.get(span.start..span.end).is_some(),
                "{finding:?}"
            );
            assert!(
                span.line >= 1 && span.column >= 1 && span.line <= span.end_line,
                "{finding:?}"
            );
            assert!(
                !finding.message.is_empty() && !finding.message.contains(char::is_control),
                "{finding:?}"
            );
        }
        let _ = descriptor_facts(&text, &Options::default());
        becomes_yaml(&text);
        let (better, applied) = fix::apply(&text, &before.findings);
        if applied == 0 {
            continue;
        }
        fixed += 1;
        let after = check(&better, &Options::default());
        assert!(
            after.findings.len() < before.findings.len(),
            "seed {seed}\n{text}\n{:#?}\n{better}\n{:#?}",
            before.findings,
            after.findings
        );
    }
    println!("{fixed} texts with fixes");
    assert!(fixed > 150);
}

/// Whatever a manifest is made of, it can be read.
fn becomes_yaml(text: &str) {
    for product in [Product::Confluence, Product::Jira] {
        let options = Options {
            product: Some(product),
            ..Options::default()
        };
        let Ok(migration) = migrate(text, &options) else {
            continue;
        };
        let report = check_manifest(&migration.manifest, &Options::default());
        let syntax = |found: &connect_validator::Finding| {
            ["manifest/syntax", "manifest/duplicate-key"].contains(&found.code)
        };
        let broken: Vec<_> = report
            .findings
            .iter()
            .filter(|found| syntax(found))
            .collect();
        assert!(broken.is_empty(), "{broken:#?}\n{}", migration.manifest);
    }
}

fn damage(text: &mut String, dice: &mut Dice) {
    let place = |dice: &mut Dice, text: &str| {
        let mut at = dice.roll(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let at = place(dice, text);
    match dice.roll(4) {
        0 => text.insert_str(at, PIECES[dice.roll(PIECES.len())]),
        1 => {
            let length = dice.roll(4);
            let end = text[at..]
                .char_indices()
                .nth(length)
                .map_or(text.len(), |(n, _)| at + n);
            text.replace_range(at..end, "");
        }
        2 => {
            let from = place(dice, text);
            let piece: String = text[from..].chars().take(dice.roll(40)).collect();
            text.insert_str(at, &piece);
        }
        _ => {
            let end = place(dice, text).max(text.len() / 2);
            let end = (0..=end)
                .rev()
                .find(|end| text.is_char_boundary(*end))
                .unwrap_or(0);
            text.truncate(end);
        }
    }
}

/// Each of these took quadratic time in some reader or rule once: then this test would not end.
#[test]
fn hostile_text_takes_time_linear_in_its_length() {
    let module =
        |url: &str| format!(r#"{{"modules":{{"webPanels":[{{"key":"a","url":"/{url}"}}]}}}}"#);
    let many = |item: &dyn Fn(usize) -> String| (0..4_000).map(item).collect::<Vec<_>>().join(",");
    let texts = [
        "{{".repeat(40_000),
        "${".repeat(40_000),
        "{%".repeat(40_000),
        "\"".repeat(40_000),
        "/**/".repeat(20_000),
        format!("{{\"key\":\"{}\"}}", "{{".repeat(40_000)),
        format!("{{\"key\":\"{}\"}}", "__A".repeat(20_000)),
        module(&"{a".repeat(40_000)),
        module(&"{a}".repeat(20_000)),
        module(&"${".repeat(40_000)),
        format!("{{{}}}", many(&|n| format!("\"bseUrl{n}\":1"))),
        format!(
            "{{\"key\":\"a\",\"modules\":{{\"webhooks\":[{}]}}}}",
            many(&|_| "{}".to_owned())
        ),
        format!(
            "{{\"modules\":{{{}}}}}",
            many(&|n| format!("\"webPanel{n}\":[]"))
        ),
        format!("{{\"scopes\":[{}]}}", many(&|n| format!("\"raed{n}\""))),
        format!(
            "{{\"modules\":{{\"keyboardShortcuts\":[{}]}}}}",
            many(&|n| format!("{{\"key\":\"p{n}\",\"target\":{{\"key\":\"q{n}\"}}}}"))
        ),
    ];
    for text in &texts {
        assert!(check(text, &Options::default()).findings.len() <= MAX_FINDINGS);
        becomes_yaml(text);
    }
}
