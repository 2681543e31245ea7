//! What is between a name and its value: quotes and separators, plain, escaped or encoded.

/// Where a value is and how it is written.
pub(super) struct Place<'a> {
    /// Where it starts, behind its opening quote.
    pub(super) value: usize,
    /// The quote it starts with.
    pub(super) quote: Option<Quote<'a>>,
    /// The name stands in quotes.
    pub(super) quoted_name: bool,
    /// The separator is a colon, not an equals sign, a comma or a blank.
    pub(super) colon: bool,
    /// The separator is percent-encoded, and so is what ends the value.
    pub(super) encoded: bool,
}

/// An opening quote as it is written, backslashes before it included.
pub(super) struct Quote<'a> {
    mark: &'a str,
    backslashes: usize,
}

const MARKS: [&str; 11] = [
    "\"", "'", "`", "%22", "%27", "%2522", "&quot;", "&#34;", "&#39;", "&#x27;", "u0022",
];

impl<'a> Quote<'a> {
    /// The quote that starts the text, and its length.
    fn open(text: &'a str) -> Option<(Self, usize)> {
        let unescaped = text.trim_start_matches('\\');
        let backslashes = text.len() - unescaped.len();
        let mark = MARKS.iter().find(|mark| starts_with(unescaped, mark))?;
        if *mark == "u0022" && backslashes == 0 {
            return None;
        }
        let quote = Self {
            mark: &unescaped[..mark.len()],
            backslashes,
        };
        Some((quote, backslashes + mark.len()))
    }

    /// How long the text is that this quote opened, without the closing one. It is on the same
    /// line, or there is none.
    pub(super) fn close(&self, text: &str) -> Option<usize> {
        let mut backslashes = 0;
        for (at, byte) in text.bytes().enumerate() {
            if starts_with_bytes(&text.as_bytes()[at..], self.mark) {
                // JSON in JSON: each level doubles what is before a quote and adds one.
                let exactly = backslashes % (2 * (self.backslashes + 1)) == self.backslashes;
                let plain = self.mark.len() == 1;
                if exactly || (!plain && backslashes <= self.backslashes) {
                    return Some(at - backslashes.min(self.backslashes));
                }
            }
            match byte {
                b'\n' | b'\r' => return None,
                b'\\' => backslashes += 1,
                _ => backslashes = 0,
            }
        }
        None
    }
}

/// Finds the value behind a name that ends at `at`. A blank is a separator for flags only.
pub(super) fn after_name(text: &str, at: usize, flag: bool) -> Option<Place<'_>> {
    let mut rest = &text[at..];
    let quoted_name = match Quote::open(rest) {
        Some((_, length)) => {
            rest = &rest[length..];
            true
        }
        None => false,
    };
    let blanks = |text: &str| {
        let mut rest = text;
        loop {
            let trimmed = rest.trim_start_matches([' ', '\t']);
            rest = match trimmed {
                trimmed if starts_with(trimmed, "%20") => &trimmed[3..],
                trimmed => return text.len() - trimmed.len(),
            };
        }
    };
    let before = blanks(rest);
    let separators = [
        "=>", "=", ":", "%3D", "%3A", "%253D", "%253A", "\\u003d", "\\u003a",
    ];
    let separator = separators
        .iter()
        .find(|separator| starts_with(&rest[before..], separator));
    let separator = match separator {
        Some(separator) => {
            rest = &rest[before + separator.len()..];
            *separator
        }
        None if quoted_name && rest.starts_with(',') => {
            rest = &rest[1..];
            ","
        }
        None if flag && !quoted_name && rest.starts_with(' ') => " ",
        None => return None,
    };
    rest = &rest[blanks(rest)..];
    // `Some("`, `Secret("`, `b"`, `&"`: all part of the way to the value.
    let wrapped = rest
        .bytes()
        .take(40)
        .take_while(|b| b.is_ascii_alphabetic() || b"(&_".contains(b))
        .count();
    let wrapper = rest[..wrapped].ends_with('(') || wrapped == 1;
    let inside = Quote::open(&rest[wrapped..]).filter(|_| wrapper);
    let quote = match inside {
        Some(quote) => {
            rest = &rest[wrapped..];
            Some(quote)
        }
        None => Quote::open(rest),
    };
    let starts_here = match separator {
        "," => quote.is_some(),
        " " => !rest.starts_with('-'),
        _ => true,
    };
    let length = quote.as_ref().map_or(0, |(_, length)| *length);
    starts_here.then(|| Place {
        value: text.len() - rest.len() + length,
        quote: quote.map(|(quote, _)| quote),
        quoted_name,
        colon: matches!(separator, ":" | "=>" | "%3A" | "%253A" | "\\u003a"),
        encoded: separator.starts_with('%'),
    })
}

/// Length of a list in brackets, texts in quotes skipped, to the end of the line at most.
pub(super) fn list_length(text: &str) -> usize {
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b']' => return at + 1,
            b'\n' | b'\r' => break,
            b'"' | b'\'' | b'\\' => match Quote::open(&text[at..]) {
                Some((quote, length)) => {
                    at += length;
                    match quote.close(&text[at..]) {
                        Some(content) => at += content + length,
                        None => return at + super::line_length(&text[at..]),
                    }
                }
                None => {
                    let run = text.as_bytes()[at..].iter().take_while(|b| *b == byte);
                    at += run.count();
                }
            },
            _ => at += 1,
        }
    }
    at
}

/// Whether the text starts with this, the case of ASCII letters aside.
pub(super) fn starts_with(text: &str, start: &str) -> bool {
    starts_with_bytes(text.as_bytes(), start)
}

fn starts_with_bytes(text: &[u8], start: &str) -> bool {
    text.get(..start.len())
        .is_some_and(|text| text.eq_ignore_ascii_case(start.as_bytes()))
}
