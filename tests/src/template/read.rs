//! YAML with CloudFormation's tags, as the JSON that it is short for
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>).

use std::path::Path;

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value, json};

use super::Unresolved;

/// A template whose functions are all in their long form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(pub(super) Value);

impl Template {
    /// The template of this repository.
    ///
    /// # Errors
    /// When it is not there or no template.
    pub fn shipped() -> Result<Self, Unresolved> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
        let text = std::fs::read_to_string(&path);
        Self::read(&text.map_err(|error| Unresolved::new(format!("{}: {error}", path.display())))?)
    }

    /// A template from its text.
    ///
    /// # Errors
    /// When it is no YAML, or has a tag that is not known here.
    pub fn read(text: &str) -> Result<Self, Unresolved> {
        let documents = Yaml::load_from_str(text).map_err(|error| Unresolved::new(error.to_string()))?;
        match documents.as_slice() {
            [document] => Ok(Self(value(document)?)),
            several => Err(Unresolved::new(format!("there are {} documents and not one", several.len()))),
        }
    }
}

fn value(yaml: &Yaml<'_>) -> Result<Value, Unresolved> {
    match yaml {
        Yaml::Value(scalar) => Ok(match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(it) => json!(it),
            Scalar::Integer(it) => json!(it),
            Scalar::FloatingPoint(it) => json!(it.into_inner()),
            Scalar::String(it) => json!(it),
        }),
        Yaml::Sequence(items) => items.iter().map(value).collect::<Result<Vec<_>, _>>().map(Value::Array),
        Yaml::Mapping(members) => {
            let mut object = Map::new();
            for (key, member) in members {
                let key = key.as_str().ok_or_else(|| Unresolved::new(format!("the key {key:?} is no text")))?;
                object.insert(key.to_owned(), value(member)?);
            }
            Ok(Value::Object(object))
        }
        Yaml::Tagged(tag, inner) => function(&tag.suffix, &value(inner)?),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            Err(Unresolved::new(format!("{yaml:?} has no value of its own")))
        }
    }
}

fn function(tag: &str, argument: &Value) -> Result<Value, Unresolved> {
    let name = match tag {
        "Ref" => "Ref",
        "Sub" => "Fn::Sub",
        "If" => "Fn::If",
        "Equals" => "Fn::Equals",
        "Not" => "Fn::Not",
        "GetAtt" => {
            let pair = argument
                .as_str()
                .and_then(|text| text.split_once('.'))
                .map(|(name, attribute)| json!([name, attribute]));
            let pair = pair.ok_or_else(|| Unresolved::new(format!("!GetAtt of {argument} names no attribute")))?;
            return Ok(json!({ "Fn::GetAtt": pair }));
        }
        _ => return Err(Unresolved::new(format!("the tag !{tag} is not known"))),
    };
    Ok(json!({ name: argument }))
}
