//! From byte offsets to lines and columns.

use crate::finding::Span;

/// Knows where the lines of a text begin.
///
/// A look-up costs at most [`STRIDE`] bytes of counting, also on a text of one long line.
pub(crate) struct Lines<'a> {
    source: &'a str,
    starts: Vec<usize>,
    /// How many characters begin before each multiple of [`STRIDE`] bytes; empty if all are ASCII.
    marks: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        let bytes = source.as_bytes();
        let mut starts = vec![0];
        starts.extend(
            bytes
                .iter()
                .enumerate()
                .filter(|(_, byte)| **byte == b'\n')
                .map(|(at, _)| at + 1),
        );
        let mut marks = Vec::new();
        if !source.is_ascii() {
            let mut seen = 0;
            for chunk in bytes.chunks(STRIDE) {
                marks.push(seen);
                seen += beginnings(chunk);
            }
            marks.push(seen);
        }
        Self {
            source,
            starts,
            marks,
        }
    }

    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        let end = end.min(self.source.len());
        let start = start.min(end);
        let (line, column) = self.place(start);
        let (end_line, end_column) = self.place(end);
        Span {
            start,
            end,
            line,
            column,
            end_line,
            end_column,
        }
    }

    fn place(&self, at: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self.starts[line - 1];
        let column = self.characters(at) - self.characters(start) + 1;
        (number(line), number(column))
    }

    /// How many characters begin before byte `at`.
    fn characters(&self, at: usize) -> usize {
        match self.marks.get(at / STRIDE) {
            None => at,
            Some(before) => {
                let from = at / STRIDE * STRIDE;
                before + beginnings(&self.source.as_bytes()[from..at])
            }
        }
    }
}

/// How many characters have their first byte in `bytes`.
fn beginnings(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| **b & 0xC0 != 0x80).count()
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

const STRIDE: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let span = Lines::new("a\nüé x\n").span(7, 8);
        assert_eq!((span.line, span.column), (2, 4));
    }

    #[test]
    fn columns_are_right_far_into_a_long_line() {
        let text = format!("\n{}x", "ä".repeat(5_000));
        let span = Lines::new(&text).span(text.len() - 1, text.len());
        assert_eq!((span.line, span.column), (2, 5_001));
        assert_eq!((span.end_line, span.end_column), (2, 5_002));
    }

    #[test]
    fn the_end_of_the_text_has_a_place() {
        let span = Lines::new("ab\n").span(3, 99);
        assert_eq!((span.start, span.end, span.line, span.column), (3, 3, 2, 1));
    }
}
