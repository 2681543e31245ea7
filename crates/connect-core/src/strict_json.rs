//! JSON in which every member name of an object occurs once.
//!
//! Two parsers that disagree about which of two `iss` members counts are how checks get bypassed
//! (RFC 8259 section 4 leaves it open), so a duplicate is an error here.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Parses a whole JSON text; refuses duplicate members, trailing text, and all that
/// `serde_json` refuses (byte order mark, comments, `NaN`, nesting over 128 levels).
pub(crate) fn parse(text: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_str::<Strict>(utf8(text)?).map(|strict| strict.0)
}

/// What a member holds; a text without escapes as it stands, which costs no copy.
#[derive(Debug, PartialEq)]
pub(crate) enum Member<'a> {
    Other(Value),
    Text(Cow<'a, str>),
}

/// As [`parse`], for a text that is an object of which some members are known by name: `place`
/// says where in `known` those go, which is empty before. They cost no map. All others are
/// answered.
pub(crate) fn members<'a, const N: usize>(
    text: &'a [u8],
    place: fn(&str) -> Option<usize>,
    known: &mut [Option<Member<'a>>; N],
) -> Result<Map<String, Value>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(utf8(text)?);
    let other = deserializer.deserialize_map(MembersVisitor { place, known })?;
    deserializer.end()?;
    Ok(other)
}

/// Checked once for the whole text, which is cheaper than once for each string in it.
fn utf8(text: &[u8]) -> Result<&str, serde_json::Error> {
    std::str::from_utf8(text).map_err(serde_json::Error::custom)
}

struct MembersVisitor<'k, 'de, const N: usize> {
    place: fn(&str) -> Option<usize>,
    known: &'k mut [Option<Member<'de>>; N],
}

impl<'de, const N: usize> Visitor<'de> for MembersVisitor<'_, 'de, N> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object without duplicate members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut other = Map::new();
        while let Some(name) = access.next_key_seed(NameSeed(self.place))? {
            let doubled = match name {
                Name::Known(place) => self.known[place].replace(access.next_value()?).is_some(),
                Name::Other(name) => {
                    let Strict(value) = access.next_value()?;
                    other.insert(name, value).is_some()
                }
            };
            if doubled {
                return Err(A::Error::custom("duplicate member"));
            }
        }
        Ok(other)
    }
}

enum Name {
    Known(usize),
    Other(String),
}

struct NameSeed(fn(&str) -> Option<usize>);

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameSeed {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        Ok(match self.0(name) {
            Some(place) => Name::Known(place),
            None => Name::Other(name.to_owned()),
        })
    }
}

impl<'de> Deserialize<'de> for Member<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        StrictVisitor.expecting(f)
    }

    fn visit_bool<E: Error>(self, v: bool) -> Result<Member<'de>, E> {
        StrictVisitor.visit_bool(v).map(Member::Other)
    }

    fn visit_i64<E: Error>(self, v: i64) -> Result<Member<'de>, E> {
        StrictVisitor.visit_i64(v).map(Member::Other)
    }

    fn visit_u64<E: Error>(self, v: u64) -> Result<Member<'de>, E> {
        StrictVisitor.visit_u64(v).map(Member::Other)
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<Member<'de>, E> {
        StrictVisitor.visit_f64(v).map(Member::Other)
    }

    fn visit_borrowed_str<E: Error>(self, v: &'de str) -> Result<Member<'de>, E> {
        Ok(Member::Text(Cow::Borrowed(v)))
    }

    fn visit_str<E: Error>(self, v: &str) -> Result<Member<'de>, E> {
        Ok(Member::Text(Cow::Owned(v.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Member<'de>, E> {
        StrictVisitor.visit_unit().map(Member::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Member<'de>, A::Error> {
        StrictVisitor.visit_seq(access).map(Member::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Member<'de>, A::Error> {
        StrictVisitor.visit_map(access).map(Member::Other)
    }
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without duplicate members")
    }

    fn visit_bool<E: Error>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_i64<E: Error>(self, v: i64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }

    fn visit_u64<E: Error>(self, v: u64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<Value, E> {
        Number::from_f64(v)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E: Error>(self, v: &str) -> Result<Value, E> {
        Ok(Value::String(v.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let Strict(value) = access.next_value()?;
            if members.insert(name, value).is_some() {
                // The name is not repeated: it may come from an unauthenticated caller.
                return Err(A::Error::custom("duplicate member"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_is_refused_at_any_depth_and_however_spelled() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"[{"x":{"b":1,"b":2}}]"#,
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(br#"{"a":{"a":1},"b":[{"a":1},{"a":2}]}"#).is_ok());
    }

    #[test]
    fn known_members_are_taken_out_and_never_doubled() {
        let place = |name: &str| ["a", "b"].iter().position(|known| *known == name);
        let mut known = [None, None];
        let other = members(br#"{"b":1,"c":{"a":2}}"#, place, &mut known).unwrap();
        assert_eq!(known, [None, Some(Member::Other(1.into()))]);
        assert_eq!(other.keys().collect::<Vec<_>>(), ["c"]);
        let read = |text: &str| members(text.as_bytes(), place, &mut [None, None]);
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":null,"\u0061":2}"#,
            r#"{"c":1,"c":2}"#,
            r#"{"a":{"x":1,"x":2}}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_known_text_is_read_as_any_text_is() {
        for json in [r#""""#, r#""x é""#, r#""\u0061\"\ud83d\ude00""#] {
            let mut known = [None];
            let text = format!(r#"{{"a":{json}}}"#);
            members(text.as_bytes(), |_| Some(0), &mut known).unwrap();
            let [Some(Member::Text(read))] = known else {
                panic!("{json}");
            };
            assert_eq!(parse(json.as_bytes()).unwrap(), *read);
            assert_eq!(matches!(read, Cow::Borrowed(_)), !json.contains('\\'));
        }
        for bad in [r#""\ud83d""#, r#""\x""#, "\"\n\"", "\"", r#""a"b"#] {
            let text = format!(r#"{{"a":{bad}}}"#);
            assert!(
                members(text.as_bytes(), |_| Some(0), &mut [None]).is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn all_else_is_read_as_serde_json_reads_it() {
        for json in [
            "null",
            "true",
            "-1",
            "18446744073709551615",
            "1.5",
            r#"["a",{"b":[]}]"#,
        ] {
            let expected: Value = serde_json::from_str(json).unwrap();
            assert_eq!(parse(json.as_bytes()).unwrap(), expected);
            let mut known = [None];
            let text = format!(r#"{{"a":{json}}}"#);
            members(text.as_bytes(), |_| Some(0), &mut known).unwrap();
            assert_eq!(known, [Some(Member::Other(expected))]);
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        let members = |text: &str| members(text.as_bytes(), |_| None, &mut [None]);
        for text in ["{} {}", "{}x", "\u{feff}{}", "{'a':1}", "{/**/}", "NaN", ""] {
            assert!(parse(text.as_bytes()).is_err(), "{text:?}");
            assert!(members(text).is_err(), "{text:?}");
        }
        for text in ["[]", "1", "null", "\"a\""] {
            assert!(members(text).is_err(), "{text:?}");
        }
        assert!(parse(&"[".repeat(100_000).into_bytes()).is_err());
    }
}
