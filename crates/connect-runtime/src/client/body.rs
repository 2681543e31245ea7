//! What a call carries.

use bytes::Bytes;
use serde::Serialize;

/// A body and its content type.
#[derive(Clone)]
pub(super) struct Body {
    pub(super) content_type: String,
    pub(super) bytes: Bytes,
}

/// The parts of a form with files (`multipart/form-data`, RFC 7578), for attachments.
///
/// ```
/// let form = connect_runtime::Multipart::new()
///     .text("comment", "as discussed")
///     .file("file", "minutes.txt", "text/plain", "…");
/// ```
#[derive(Clone, Default)]
#[must_use = "a form does nothing until a call carries it"]
pub struct Multipart {
    parts: Vec<Part>,
}

#[derive(Clone)]
struct Part {
    /// The rest of the headers, each line with its end.
    headers: String,
    content: Bytes,
}

impl Body {
    pub(super) fn json(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self {
            content_type: "application/json".to_owned(),
            bytes: serde_json::to_vec(value)?.into(),
        })
    }

    pub(super) fn form(fields: &[(&str, &str)]) -> Self {
        let text = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        Self {
            content_type: "application/x-www-form-urlencoded".to_owned(),
            bytes: text.into(),
        }
    }
}

impl Multipart {
    /// A form without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text.
    pub fn text(self, name: &str, value: &str) -> Self {
        let headers = format!(
            "Content-Disposition: form-data; name=\"{}\"\r\n",
            quoted(name)
        );
        self.part(headers, Bytes::copy_from_slice(value.as_bytes()))
    }

    /// Adds a file, with its name for the reader and its media type.
    pub fn file(
        self,
        name: &str,
        file_name: &str,
        media_type: &str,
        content: impl Into<Bytes>,
    ) -> Self {
        let headers = format!(
            "Content-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n",
            quoted(name),
            quoted(file_name),
            // SECURITY: a line end in it would begin another header, or another part.
            // Test: no_part_can_end_itself.
            media_type.replace(['\r', '\n'], " ")
        );
        self.part(headers, content.into())
    }

    fn part(mut self, headers: String, content: Bytes) -> Self {
        self.parts.push(Part { headers, content });
        self
    }

    pub(super) fn into_body(self) -> Body {
        let boundary = self.boundary();
        let mut bytes = Vec::new();
        for part in &self.parts {
            bytes.extend_from_slice(format!("--{boundary}\r\n{}\r\n", part.headers).as_bytes());
            bytes.extend_from_slice(&part.content);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        Body {
            content_type: format!("multipart/form-data; boundary={boundary}"),
            bytes: bytes.into(),
        }
    }

    /// A line that no part holds: a hash of all of them, which none can hold of itself.
    fn boundary(&self) -> String {
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        for part in &self.parts {
            context.update(part.headers.as_bytes());
            context.update(&part.content);
        }
        let hash = context.finish();
        let hex: String = hash.as_ref()[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("connect-{hex}")
    }
}

impl std::fmt::Debug for Multipart {
    /// Without contents and names, which are the site's data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Multipart")
            .field("parts", &self.parts.len())
            .finish_non_exhaustive()
    }
}

/// A name as browsers write it (HTML, "Multipart form data": the escapes of quotes and line ends).
fn quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_reads_as_it_was_written() {
        let body = Multipart::new()
            .text("comment", "räk")
            .file("file", "a.bin", "application/octet-stream", vec![0_u8, 255])
            .into_body();
        let boundary = body
            .content_type
            .strip_prefix("multipart/form-data; boundary=")
            .unwrap();
        let mut expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"comment\"\r\n\r\nräk\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        )
        .into_bytes();
        expected.extend_from_slice(&[0, 255]);
        expected.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        assert_eq!(&body.bytes[..], expected);
    }

    #[test]
    fn no_part_can_end_itself() {
        let evil = "x\"\r\nContent-Type: text/html\r\n\r\n<script>";
        let body = Multipart::new().file(evil, evil, evil, "").into_body();
        let text = String::from_utf8(body.bytes.to_vec()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap();
        assert_eq!(head.split("\r\n").count(), 3, "{head}");
    }
}
