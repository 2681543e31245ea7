//! A request as it came, taken apart as far as it takes to judge and repeat it.

/// A request as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Raw {
    /// Request line and header fields, with the blank line behind them.
    pub(crate) head: Vec<u8>,
    /// The start of the body, without the framing of the transfer.
    pub(crate) body: Vec<u8>,
    /// How long the whole body was, as far as it came.
    pub(crate) body_length: u64,
}

impl Raw {
    /// A request of which nothing was cut off.
    pub(crate) fn whole(head: String, body: String) -> Self {
        Self {
            head: head.into_bytes(),
            body_length: body.len() as u64,
            body: body.into_bytes(),
        }
    }

    /// Its method.
    pub(crate) fn method(&self) -> &str {
        self.word(0)
    }

    /// Path and query, as they came.
    pub(crate) fn target(&self) -> &str {
        self.word(1)
    }

    /// The values of a header field, in order; those that are no UTF-8 are left out.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let lines = self.head.split(|byte| *byte == b'\n').skip(1);
        lines.filter_map(move |line| {
            let (found, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The body of a form, which may hold the token.
    pub(crate) fn form(&self) -> Option<&[u8]> {
        let kind = self.values("content-type").next()?;
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
            .then_some(&*self.body)
    }

    /// A word of the request line; empty if there is none.
    fn word(&self, index: usize) -> &str {
        let line = self.head.split(|byte| *byte == b'\r').next();
        let line = line.and_then(|line| std::str::from_utf8(line).ok());
        let word = line.and_then(|line| line.split(' ').nth(index));
        word.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is() {
        let raw = Raw::whole(
            "POST /a%2f?b=c&jwt=x HTTP/1.1\r\nHost: a\r\nauthorization:  JWT t \r\n\
             Content-Type: Application/x-www-form-urlencoded; charset=utf-8\r\n\r\n"
                .to_owned(),
            "jwt=y".to_owned(),
        );
        assert_eq!(raw.method(), "POST");
        assert_eq!(raw.target(), "/a%2f?b=c&jwt=x");
        let tokens: Vec<_> = raw.values("Authorization").collect();
        assert_eq!(tokens, ["JWT t"]);
        assert_eq!(raw.form(), Some(&b"jwt=y"[..]));
        let raw = Raw::whole("GET / HTTP/1.1\r\n\r\n".to_owned(), String::new());
        assert_eq!(raw.form(), None);
        assert_eq!(Raw::default().target(), "");
    }
}
