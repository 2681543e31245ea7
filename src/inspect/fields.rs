//! The head of a request, taken apart as far as it takes to judge and repeat it.

/// Path and query of the request line, as they came.
pub(super) fn target(head: &[u8]) -> Option<&str> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    std::str::from_utf8(line).ok()?.split(' ').nth(1)
}

/// The values of a header field, in order; those that are no UTF-8 are left out.
pub(super) fn values<'h>(head: &'h [u8], name: &str) -> impl Iterator<Item = &'h str> {
    let lines = head.split(|byte| *byte == b'\n').skip(1);
    lines.filter_map(move |line| {
        let (found, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The body of a form, which may hold the token.
pub(super) fn form<'b>(head: &[u8], body: &'b [u8]) -> Option<&'b [u8]> {
    let kind = values(head, "content-type").next()?;
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        .then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is() {
        let head = b"POST /a%2f?b=c&jwt=x HTTP/1.1\r\nHost: a\r\nauthorization:  JWT t \r\n\
            Content-Type: Application/x-www-form-urlencoded; charset=utf-8\r\n\r\n";
        assert_eq!(target(head), Some("/a%2f?b=c&jwt=x"));
        let tokens: Vec<_> = values(head, "Authorization").collect();
        assert_eq!(tokens, ["JWT t"]);
        assert_eq!(form(head, b"jwt=y"), Some(&b"jwt=y"[..]));
        assert_eq!(form(b"GET / HTTP/1.1\r\n\r\n", b""), None);
        assert_eq!(target(b""), None);
    }
}
