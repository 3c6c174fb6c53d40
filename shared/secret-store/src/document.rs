//! What is stored as the value of a client-key secret.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A stored value: a JSON object with a `dsn`, or a bare DSN.
///
/// Members that this system does not know are kept as they were written, byte for byte: order, numbers, nested spaces.
/// The text may hold secrets of the application; it is never printed.
#[derive(Clone)]
pub struct Document(Form);

#[derive(Clone)]
enum Form {
    Bare(String),
    Object(Vec<(String, Box<RawValue>)>),
}

/// Why a stored value is no document. The value is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDocument {
    /// It begins neither as a JSON object nor as a DSN.
    #[error("is neither a JSON object with a `dsn` nor a bare DSN")]
    Shape,
    /// It begins as a JSON object and is none.
    #[error("is not well-formed JSON (line {line}, column {column})")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A member that this system reads has a value that is neither a text nor null.
    #[error("has a member `{0}` that is not a text")]
    NotAText(&'static str),
    /// A member that this system reads stands there twice.
    #[error("has the member `{0}` twice")]
    Twice(&'static str),
}

const DSN: &str = "dsn";
const ORGANIZATION: &str = "organization";
const PROJECT: &str = "project";

impl Document {
    /// A document for a secret that has no value yet.
    #[must_use]
    pub fn empty() -> Self {
        Self(Form::Object(Vec::new()))
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Form::Bare(_) => false,
            Form::Object(members) => members.is_empty(),
        }
    }

    /// How many bytes it takes when it is stored.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Bare(text) => text.len(),
            Form::Object(members) => {
                let written = members.iter().map(|(key, value)| name(key).len() + ":".len() + value.get().len());
                "{}".len() + written.sum::<usize>() + members.len().saturating_sub(1)
            }
        }
    }

    /// Reads a stored value.
    ///
    /// # Errors
    /// [`InvalidDocument`] says what is wrong, without repeating any of it.
    pub fn parse(value: &SecretString) -> Result<Self, InvalidDocument> {
        #[expect(clippy::disallowed_methods, reason = "the bytes stay in this type, which prints none of them")]
        let text = value.expose_secret().trim();
        if !text.starts_with('{') {
            let bare = text.starts_with("https://") || text.starts_with("http://");
            return if bare { Ok(Self(Form::Bare(text.to_owned()))) } else { Err(InvalidDocument::Shape) };
        }
        let Members(members) = serde_json::from_str(text)
            .map_err(|error| InvalidDocument::Json { line: error.line(), column: error.column() })?;
        for name in [DSN, ORGANIZATION, PROJECT] {
            let mut values = members.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
            if let Some(value) = values.next() {
                serde_json::from_str::<Option<String>>(value.get())
                    .map_err(|_its_text_may_repeat_a_secret| InvalidDocument::NotAText(name))?;
            }
            if values.next().is_some() {
                return Err(InvalidDocument::Twice(name));
            }
        }
        Ok(Self(Form::Object(members)))
    }

    /// The DSN as stored, which may carry a secret part: parse it at once, do not keep it.
    #[must_use]
    pub fn dsn(&self) -> Option<String> {
        match &self.0 {
            Form::Bare(text) => Some(text.clone()),
            Form::Object(_) => self.text(DSN),
        }
    }

    /// The organization that the document names.
    #[must_use]
    pub fn organization(&self) -> Option<String> {
        self.text(ORGANIZATION)
    }

    /// The project that the document names.
    #[must_use]
    pub fn project(&self) -> Option<String> {
        self.text(PROJECT)
    }

    /// Every text in it, however deep, in their order.
    #[must_use]
    pub fn texts(&self) -> Vec<SecretString> {
        let mut texts = Vec::new();
        match &self.0 {
            Form::Bare(text) => texts.push(SecretString::from(text.clone())),
            Form::Object(members) => {
                for (_, value) in members {
                    // What is well-formed JSON as a whole is so in its parts, unless it is nested too deep to be read.
                    if let Ok(Texts(found)) = serde_json::from_str(value.get()) {
                        texts.extend(found);
                    }
                }
            }
        }
        texts
    }

    fn text(&self, name: &str) -> Option<String> {
        match &self.0 {
            Form::Bare(_) => None,
            Form::Object(members) => {
                let (_, value) = members.iter().find(|(key, _)| key == name)?;
                let text: Option<String> = serde_json::from_str(value.get()).ok()?;
                text.filter(|text| !text.is_empty())
            }
        }
    }

    /// The same document with another DSN; a bare DSN stays bare.
    #[must_use]
    pub fn with_dsn(&self, dsn: &str) -> Self {
        match &self.0 {
            Form::Bare(_) => Self(Form::Bare(dsn.to_owned())),
            Form::Object(_) => self.with(DSN, dsn),
        }
    }

    /// The same document with another project slug; a bare DSN names none and stays as it is.
    #[must_use]
    pub fn with_project(&self, slug: &str) -> Self {
        self.with(PROJECT, slug)
    }

    /// The same document with another organization; a bare DSN names none and stays as it is.
    #[must_use]
    pub fn with_organization(&self, slug: &str) -> Self {
        self.with(ORGANIZATION, slug)
    }

    fn with(&self, name: &str, text: &str) -> Self {
        let mut document = self.clone();
        if let Form::Object(members) = &mut document.0
            && let Ok(value) = serde_json::value::to_raw_value(text)
        {
            match members.iter_mut().find(|(key, _)| key == name) {
                Some((_, old)) => *old = value,
                None => members.push((name.to_owned(), value)),
            }
        }
        document
    }

    /// The text to store.
    #[must_use]
    pub fn to_value(&self) -> SecretString {
        match &self.0 {
            Form::Bare(text) => SecretString::from(text.clone()),
            Form::Object(members) => {
                let members: Vec<String> =
                    members.iter().map(|(key, value)| format!("{}:{}", name(key), value.get())).collect();
                SecretString::from(format!("{{{}}}", members.join(",")))
            }
        }
    }
}

/// The name of a member as it is written: some characters take six bytes.
fn name(key: &str) -> String {
    serde_json::Value::from(key).to_string()
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Form::Bare(_) => "Document(bare DSN)",
            Form::Object(_) => "Document(JSON object)",
        })
    }
}

/// The texts in a JSON value; all else is passed over.
struct Texts(Vec<SecretString>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;

        impl<'de> Visitor<'de> for All {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON value")
            }

            fn visit_str<E>(self, text: &str) -> Result<Texts, E> {
                Ok(Texts(vec![SecretString::from(text)]))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Texts, E> {
                Ok(Texts(Vec::new()))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Texts, E> {
                Ok(Texts(Vec::new()))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Texts, E> {
                Ok(Texts(Vec::new()))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Texts, E> {
                Ok(Texts(Vec::new()))
            }

            fn visit_unit<E>(self) -> Result<Texts, E> {
                Ok(Texts(Vec::new()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Texts, A::Error> {
                let mut texts = Vec::new();
                while let Some(Texts(found)) = items.next_element()? {
                    texts.extend(found);
                }
                Ok(Texts(texts))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Texts, A::Error> {
                let mut texts = Vec::new();
                while let Some((_, Texts(found))) = members.next_entry::<IgnoredAny, Texts>()? {
                    texts.extend(found);
                }
                Ok(Texts(texts))
            }
        }

        deserializer.deserialize_any(All)
    }
}

/// The members of an object in their order, each value as it was written.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Document, InvalidDocument> {
        Document::parse(&SecretString::from(text))
    }

    #[expect(clippy::disallowed_methods, reason = "the test compares what would be stored")]
    fn stored(document: &Document) -> String {
        document.to_value().expose_secret().to_owned()
    }

    #[test]
    fn unknown_members_survive_byte_for_byte_and_in_their_order() {
        let text = r#"{ "zeta": 1.10e+400, "dsn": "old", "nested": { "a" : [1,  2.0] }, "ключ\u0031": "\u00e9", "project":"p" }"#;
        let document = parse(text).unwrap().with_dsn("new").with_project("q");
        assert_eq!(
            stored(&document),
            r#"{"zeta":1.10e+400,"dsn":"new","nested":{ "a" : [1,  2.0] },"ключ1":"\u00e9","project":"q"}"#
        );
    }

    #[test]
    fn the_length_is_that_of_what_would_be_stored() {
        for text in ["{}", r#"{"dsn":"x"}"#, r#"{"\u0001\n\"":1, "ключ": [ 1 ]}"#, "https://key@sentry.example/1"] {
            let document = parse(text).unwrap();
            assert_eq!(document.len(), stored(&document).len(), "{text}");
        }
    }

    #[test]
    fn a_bare_dsn_stays_bare() {
        let document = parse(" https://key@sentry.example/1\n").unwrap();
        assert_eq!(document.dsn().as_deref(), Some("https://key@sentry.example/1"));
        assert_eq!((document.organization(), document.project()), (None, None));
        assert_eq!(
            stored(&document.with_dsn("https://new@sentry.example/1").with_project("p")),
            "https://new@sentry.example/1"
        );
    }

    #[test]
    fn a_dsn_that_is_absent_null_or_empty_asks_for_a_first_key() {
        for text in [r#"{"project":"p"}"#, r#"{"project":"p","dsn":null}"#, r#"{"project":"p","dsn":""}"#] {
            let document = parse(text).unwrap();
            assert_eq!((document.dsn(), document.project().as_deref()), (None, Some("p")), "{text}");
            assert_eq!(parse(&stored(&document.with_dsn("new"))).unwrap().dsn().as_deref(), Some("new"), "{text}");
        }
        assert_eq!(
            stored(&Document::empty().with_dsn("d").with_organization("o")),
            r#"{"dsn":"d","organization":"o"}"#
        );
    }

    #[test]
    fn what_is_no_document_is_refused_and_not_repeated() {
        let cases = [
            ("", InvalidDocument::Shape),
            ("sntryu_marker", InvalidDocument::Shape),
            (r#"["marker"]"#, InvalidDocument::Shape),
            (r#""marker""#, InvalidDocument::Shape),
            (r#"{"dsn": "marker"#, InvalidDocument::Json { line: 1, column: 15 }),
            (r#"{"dsn": {"marker": 1}}"#, InvalidDocument::NotAText("dsn")),
            (r#"{"project": 42}"#, InvalidDocument::NotAText("project")),
            (r#"{"organization": ["marker"]}"#, InvalidDocument::NotAText("organization")),
            (r#"{"dsn": "marker", "dsn": "marker"}"#, InvalidDocument::Twice("dsn")),
        ];
        for (text, expected) in cases {
            let error = parse(text).unwrap_err();
            assert_eq!(error, expected, "{text}");
            assert!(!format!("{error} {error:?}").contains("marker"));
        }
        assert_eq!(format!("{:?}", parse(r#"{"dsn": "marker"}"#).unwrap()), "Document(JSON object)");
    }
}
