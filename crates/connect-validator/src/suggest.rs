//! "Did you mean": the nearest of a list of known words.

/// The known word nearest to `typed`, if it is near enough to be a slip of the hand.
///
/// Equal but for upper and lower case, or for `-`, `_` and `.`, counts as very near.
pub(crate) fn nearest<'k>(
    typed: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    if typed.is_empty() || typed.len() > LONGEST {
        return None;
    }
    let folded = fold(typed);
    let allowed = (folded.len() / 3).clamp(1, 4);
    let mut best: Option<(usize, &str)> = None;
    for word in known {
        if word.len().abs_diff(typed.len()) > allowed + 4 || word == typed {
            continue;
        }
        let distance = distance(&folded, &fold(word), allowed);
        if let Some(distance) = distance
            && best.is_none_or(|(least, _)| distance < least)
        {
            best = Some((distance, word));
        }
    }
    best.map(|(_, word)| word)
}

/// Letters and digits in lower case; what separates words is left out.
fn fold(word: &str) -> Vec<char> {
    word.chars()
        .filter(|c| !matches!(c, '-' | '_' | '.' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Edit distance with swaps of neighbours counted once; `None` beyond `allowed`.
fn distance(a: &[char], b: &[char], allowed: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > allowed {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut least = (last[j + 1] + 1)
                .min(row[j] + 1)
                .min(last[j] + usize::from(x != y));
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        if row.iter().all(|d| *d > allowed) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|d| *d <= allowed)
}

/// Longer words are not slips of the hand; the limit bounds the work per word.
const LONGEST: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_suggested() {
        let known = ["generalPages", "adminPages", "webPanels", "webItems"];
        for (typed, expected) in [
            ("generalPage", Some("generalPages")),
            ("GeneralPages", Some("generalPages")),
            ("web_panels", Some("webPanels")),
            ("webPanles", Some("webPanels")),
            ("webItem", Some("webItems")),
            ("sausage", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known), expected, "{typed}");
        }
    }

    #[test]
    fn the_word_itself_is_not_suggested() {
        assert_eq!(nearest("read", ["read", "red"]), Some("red"));
    }
}
