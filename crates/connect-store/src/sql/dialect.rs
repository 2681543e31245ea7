//! One text of a statement, three databases.
//!
//! Statements are written once, in this notation, and translated when they run:
//!
//! | written | meaning |
//! | --- | --- |
//! | `"name"` | an identifier |
//! | `?2` | the second parameter |
//! | `[clientKey=2]` | the column equals the second parameter, letter by letter |
//! | `[a.key~b.key]` | two columns are equal, letter by letter |
//! | `[json 2]` | the second parameter as a JSON document |
//! | `[text val]` | the column as a text |
//! | `{settings}` | the table of the tenants' records, which ACE lets one rename |

/// Which database speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    #[cfg(feature = "mysql")]
    MySql,
    #[cfg(feature = "postgres")]
    Postgres,
    #[cfg(feature = "sqlite")]
    Sqlite,
}

/// A statement as one database reads it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Translated {
    pub(crate) text: String,
    /// Which parameters its placeholders take, in order, from 0.
    pub(crate) order: Vec<usize>,
}

impl Dialect {
    /// Translates a statement of ours. `table` is a checked name.
    pub(crate) fn translate(self, statement: &str, table: &str) -> Translated {
        let mut out = Translated {
            text: String::with_capacity(statement.len() + 32),
            order: Vec::new(),
        };
        let mut rest = statement;
        while let Some(at) = rest.find(['"', '?', '[', '{']) {
            out.text.push_str(&rest[..at]);
            let mark = rest.as_bytes()[at];
            rest = &rest[at + 1..];
            match mark {
                b'"' => out.text.push(self.quote()),
                b'?' => {
                    let (number, behind) = digits(rest);
                    self.placeholder(&mut out, number);
                    rest = behind;
                }
                b'[' => {
                    let (inner, behind) = rest.split_once(']').unwrap_or((rest, ""));
                    self.bracket(&mut out, inner);
                    rest = behind;
                }
                _ => {
                    out.text.push(self.quote());
                    out.text.push_str(table);
                    out.text.push(self.quote());
                    rest = rest.split_once('}').map_or("", |(_, behind)| behind);
                }
            }
        }
        out.text.push_str(rest);
        out
    }

    fn quote(self) -> char {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql => '`',
            #[cfg(any(feature = "postgres", feature = "sqlite"))]
            _ => '"',
        }
    }

    fn bracket(self, out: &mut Translated, inner: &str) {
        if let Some(number) = inner.strip_prefix("json ") {
            let number = digits(number).0;
            match self {
                #[cfg(feature = "postgres")]
                Self::Postgres => {
                    out.text.push_str("CAST(");
                    self.placeholder(out, number);
                    out.text.push_str(" AS JSON)");
                }
                #[cfg(any(feature = "mysql", feature = "sqlite"))]
                _ => self.placeholder(out, number),
            }
        } else if let Some(column) = inner.strip_prefix("text ") {
            let kind = match self {
                #[cfg(feature = "mysql")]
                Self::MySql => "CHAR",
                #[cfg(any(feature = "postgres", feature = "sqlite"))]
                _ => "TEXT",
            };
            let column = self.name(column);
            out.text.push_str(&format!("CAST({column} AS {kind})"));
        } else if let Some((one, other)) = inner.split_once('~') {
            let (one, other) = (self.name(one), self.name(other));
            out.text.push_str(&format!("{one} = {other}"));
            #[cfg(feature = "mysql")]
            if self == Self::MySql {
                out.text
                    .push_str(&format!(" AND {} = {}", letters(&one), letters(&other)));
            }
        } else if let Some((column, number)) = inner.split_once('=') {
            let (column, number) = (self.name(column), digits(number).0);
            out.text.push_str(&format!("{column} = "));
            self.placeholder(out, number);
            // The usual collations of MySQL take `A` for `a`; the first half is for the index.
            #[cfg(feature = "mysql")]
            if self == Self::MySql {
                out.text.push_str(&format!(" AND {} = ", letters(&column)));
                out.order.push(number.saturating_sub(1));
                out.text.push_str(&letters("?"));
            }
        }
    }

    /// `a.clientKey` with its quotes.
    fn name(self, column: &str) -> String {
        let quote = self.quote();
        match column.split_once('.') {
            Some((table, column)) => format!("{table}.{quote}{column}{quote}"),
            None => format!("{quote}{column}{quote}"),
        }
    }

    fn placeholder(self, out: &mut Translated, number: usize) {
        out.order.push(number.saturating_sub(1));
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres => out.text.push_str(&format!("${}", out.order.len())),
            #[cfg(any(feature = "mysql", feature = "sqlite"))]
            _ => out.text.push('?'),
        }
    }
}

/// The bytes of a text, whatever the character set of its column.
#[cfg(feature = "mysql")]
fn letters(expression: &str) -> String {
    format!("CAST(CONVERT({expression} USING utf8mb4) AS BINARY)")
}

fn digits(text: &str) -> (usize, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (number, rest) = text.split_at(end.unwrap_or(text.len()));
    (number.parse().unwrap_or(0), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATEMENT: &str = "SELECT [text a.val] FROM {settings} a WHERE [a.clientKey=2] AND \
         \"key\" = ?1 AND x = [json 1]";

    fn check(dialect: Dialect, text: &str, order: &[usize]) {
        let translated = dialect.translate(STATEMENT, "AddonSettings");
        assert_eq!(translated.text, text);
        assert_eq!(translated.order, order);
    }

    #[test]
    #[cfg(feature = "sqlite")]
    fn sqlite_reads_it() {
        check(
            Dialect::Sqlite,
            "SELECT CAST(a.\"val\" AS TEXT) FROM \"AddonSettings\" a WHERE a.\"clientKey\" = ? \
             AND \"key\" = ? AND x = ?",
            &[1, 0, 0],
        );
    }

    #[test]
    #[cfg(feature = "postgres")]
    fn postgres_reads_it() {
        check(
            Dialect::Postgres,
            "SELECT CAST(a.\"val\" AS TEXT) FROM \"AddonSettings\" a WHERE a.\"clientKey\" = $1 \
             AND \"key\" = $2 AND x = CAST($3 AS JSON)",
            &[1, 0, 0],
        );
    }

    #[test]
    #[cfg(feature = "mysql")]
    fn mysql_reads_it() {
        check(
            Dialect::MySql,
            "SELECT CAST(a.`val` AS CHAR) FROM `AddonSettings` a WHERE a.`clientKey` = ? AND \
             CAST(CONVERT(a.`clientKey` USING utf8mb4) AS BINARY) = \
             CAST(CONVERT(? USING utf8mb4) AS BINARY) AND `key` = ? AND x = ?",
            &[1, 1, 0, 0],
        );
    }
}
