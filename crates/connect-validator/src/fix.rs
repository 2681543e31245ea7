//! Puts fixes into the text, and leaves everything else of it as it stands.

use crate::finding::{Edit, Finding};

/// The text with the fixes of these findings, and how many were put in.
///
/// A fix goes in whole or not at all. Of two that touch the same place only the first goes in; checking the
/// result and calling again brings in the other, if it is still needed.
pub fn apply(source: &str, findings: &[Finding]) -> (String, usize) {
    let mut chosen: Vec<&Edit> = Vec::new();
    let mut applied = 0;
    let fixes = findings.iter().filter_map(|finding| finding.fix.as_ref());
    for fix in fixes {
        let fits = fix.edits.iter().all(|edit| is_sound(source, edit))
            && fix.edits.iter().all(|edit| !collides(&chosen, edit))
            && fix
                .edits
                .windows(2)
                .all(|pair| pair[0].end <= pair[1].start);
        if fits {
            applied += 1;
            for edit in &fix.edits {
                let at = chosen.partition_point(|other| other.start <= edit.start);
                chosen.insert(at, edit);
            }
        }
    }
    let mut text = String::with_capacity(source.len());
    let mut copied = 0;
    for edit in chosen {
        text.push_str(&source[copied..edit.start]);
        text.push_str(&edit.text);
        copied = edit.end;
    }
    text.push_str(&source[copied..]);
    (text, applied)
}

/// Findings may come from elsewhere, such as a file: places that are not in this text are left alone.
fn is_sound(source: &str, edit: &Edit) -> bool {
    edit.start <= edit.end
        && source.is_char_boundary(edit.start)
        && source.is_char_boundary(edit.end)
}

/// Whether the edit shares a place with one of the chosen, which are sorted and apart from each other.
fn collides(chosen: &[&Edit], edit: &Edit) -> bool {
    let at = chosen.partition_point(|other| other.end < edit.start);
    chosen.get(at).is_some_and(|other| other.start <= edit.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, check};

    #[test]
    fn what_is_not_fixed_keeps_its_comments_and_layout() {
        let source = "{\n  // why\n  \"key\":   \"a\" ,\n\t\"desciption\": \"b\"\n}\n";
        let findings = check(source, &Options::default()).findings;
        let slip: Vec<_> = findings
            .into_iter()
            .filter(|f| f.code == "descriptor/unknown-field")
            .collect();
        let (fixed, applied) = apply(source, &slip);
        assert_eq!(applied, 1);
        assert_eq!(fixed, source.replace("desciption", "description"));
    }

    #[test]
    fn fixes_of_another_text_do_no_harm() {
        let findings = check(
            "{ \"authentication\": { \"type\": \"jtw\" } }",
            &Options::default(),
        )
        .findings;
        assert_eq!(apply("ä", &findings), ("ä".to_owned(), 0));
    }
}
