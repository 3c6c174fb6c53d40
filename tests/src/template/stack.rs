//! One deployment of a template: its parameters, its names, and what its functions are given.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Map, Value};
use testkit::access::Policy;

use super::{Template, Unresolved};

/// Where everything of the stand-ins is.
const REGION: &str = "us-east-1";
const ACCOUNT: &str = "123456789012";

/// A template with a name, parameters, and the names of what CloudFormation would name.
#[derive(Debug, Clone)]
pub struct Stack {
    template: Template,
    name: String,
    parameters: BTreeMap<String, String>,
    named: BTreeMap<String, String>,
}

impl Stack {
    /// A stack of this name. `named` says what resources without a name of their own are called, by their logical ids.
    ///
    /// # Errors
    /// When a parameter is not in the template, or has no value.
    pub fn new(
        template: &Template,
        name: &str,
        parameters: &[(&str, &str)],
        named: &[(&str, &str)],
    ) -> Result<Self, Unresolved> {
        let owned = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let mut stack = Self {
            template: template.clone(),
            name: name.to_owned(),
            parameters: owned(parameters),
            named: owned(named),
        };
        let declared = stack.section("Parameters").clone();
        if let Some(unknown) = stack.parameters.keys().find(|name| !declared.contains_key(*name)) {
            return Err(Unresolved::new(format!("there is no parameter {unknown}")));
        }
        for (name, parameter) in declared {
            let Entry::Vacant(parameter_value) = stack.parameters.entry(name) else { continue };
            let text = match parameter.get("Default") {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Number(number)) => number.to_string(),
                Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => {
                    return Err(Unresolved::new(format!("the parameter {} has no value", parameter_value.key())));
                }
            };
            parameter_value.insert(text);
        }
        Ok(stack)
    }

    /// The logical ids of all functions, in the template's order.
    #[must_use]
    pub fn functions(&self) -> Vec<String> {
        let resources = self.section("Resources").iter();
        resources
            .filter(|(_, resource)| kind(resource) == "AWS::Serverless::Function")
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// A function's name.
    ///
    /// # Errors
    /// What of it cannot be resolved.
    pub fn function_name(&self, function: &str) -> Result<String, Unresolved> {
        self.reference(function)
    }

    /// A function's variables.
    ///
    /// # Errors
    /// What of them cannot be resolved.
    pub fn variables(&self, function: &str) -> Result<BTreeMap<String, String>, Unresolved> {
        let variables = self.property(function, "Environment")?.and_then(|it| it.get("Variables").cloned());
        let variables = variables.as_ref().and_then(Value::as_object).into_iter().flatten();
        let text = |(name, value): (&String, &Value)| {
            let text = value.as_str().ok_or_else(|| Unresolved::new(format!("the variable {name} is no text")))?;
            Ok((name.clone(), text.to_owned()))
        };
        variables.map(text).collect()
    }

    /// All that a function's role may do, and what the policy of a bucket denies it.
    ///
    /// # Errors
    /// What of it cannot be resolved, or is not known as a policy.
    pub fn policy_of(&self, function: &str) -> Result<Policy, Unresolved> {
        let role = self.role_of(function)?;
        let unreadable = |error: &dyn std::fmt::Display| Unresolved::new(format!("{role}: {error}"));
        let mut all = Policy::default();
        for document in self.documents_of(function)? {
            all = all.and(Policy::read(&document).map_err(|error| unreadable(&error))?);
        }
        let arn = self.attribute(&role, "Arn")?;
        let resources = self.section("Resources").iter();
        for (id, _) in resources.filter(|(_, resource)| kind(resource) == "AWS::S3::BucketPolicy") {
            let document = self.property(id, "PolicyDocument")?.unwrap_or_default();
            all = all.and(Policy::read_about(&document, &arn).map_err(|error| unreadable(&error))?);
        }
        Ok(all)
    }

    /// The documents of the policies of a function's role, resolved.
    ///
    /// # Errors
    /// What of them cannot be resolved, or is granted by other means.
    pub fn documents_of(&self, function: &str) -> Result<Vec<Value>, Unresolved> {
        let role = self.role_of(function)?;
        let unread = ["ManagedPolicyArns", "PermissionsBoundary"];
        if let Some(name) = unread.iter().find(|name| matches!(self.property(&role, name), Ok(Some(_)) | Err(_))) {
            return Err(Unresolved::new(format!("{role}: {name} is not known")));
        }
        let policies = self.property(&role, "Policies")?.unwrap_or_default();
        let policies = policies.as_array().into_iter().flatten();
        Ok(policies.map(|policy| policy.get("PolicyDocument").cloned().unwrap_or_default()).collect())
    }

    /// The logical id of a function's role.
    fn role_of(&self, function: &str) -> Result<String, Unresolved> {
        let properties = self.resource(function)?.get("Properties");
        // Either would be a grant beside the role.
        if let Some(name) = ["Policies", "PermissionsBoundary"]
            .iter()
            .find(|name| properties.is_some_and(|it| it.get(**name).is_some()))
        {
            return Err(Unresolved::new(format!("{function} has {name} beside its role")));
        }
        let role = properties.and_then(|it| it.get("Role")?.get("Fn::GetAtt")?.get(0)?.as_str());
        role.map(str::to_owned).ok_or_else(|| Unresolved::new(format!("the role of {function} is not in the template")))
    }

    pub(super) fn section(&self, name: &str) -> &Map<String, Value> {
        static NONE: std::sync::OnceLock<Map<String, Value>> = std::sync::OnceLock::new();
        self.template.0.get(name).and_then(Value::as_object).unwrap_or_else(|| NONE.get_or_init(Map::new))
    }

    fn resource(&self, id: &str) -> Result<&Value, Unresolved> {
        self.section("Resources").get(id).ok_or_else(|| Unresolved::new(format!("there is no resource {id}")))
    }

    fn property(&self, id: &str, name: &str) -> Result<Option<Value>, Unresolved> {
        let Some(property) = self.resource(id)?.get("Properties").and_then(|it| it.get(name)) else { return Ok(None) };
        self.resolve(property).map_err(|error| error.within(&format!("{id}.{name}")))
    }

    fn text(&self, id: &str, name: &str) -> Result<String, Unresolved> {
        let text = self.property(id, name)?;
        let text = text.as_ref().and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(|| Unresolved::new(format!("{id} has no {name}")))
    }

    /// What `!Ref` gives.
    pub(super) fn reference(&self, name: &str) -> Result<String, Unresolved> {
        match name {
            "AWS::Region" => return Ok(REGION.to_owned()),
            "AWS::AccountId" => return Ok(ACCOUNT.to_owned()),
            "AWS::Partition" => return Ok("aws".to_owned()),
            "AWS::StackName" => return Ok(self.name.clone()),
            _ => {}
        }
        if let Some(value) = self.parameters.get(name).or_else(|| self.named.get(name)) {
            return Ok(value.clone());
        }
        match kind(self.resource(name)?) {
            "AWS::Serverless::Function" => self.text(name, "FunctionName"),
            "AWS::Logs::LogGroup" => self.text(name, "LogGroupName"),
            "AWS::S3::Bucket" => self.text(name, "BucketName"),
            kind => Err(Unresolved::new(format!("what !Ref {name} gives is not known for a {kind}"))),
        }
    }

    /// What `!GetAtt` gives.
    pub(super) fn attribute(&self, name: &str, attribute: &str) -> Result<String, Unresolved> {
        let of = |service: &str, rest: String| format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}");
        match (kind(self.resource(name)?), attribute) {
            ("AWS::Serverless::Function", "Arn") => Ok(of("lambda", format!("function:{}", self.reference(name)?))),
            ("AWS::Logs::LogGroup", "Arn") => Ok(of("logs", format!("log-group:{}:*", self.reference(name)?))),
            ("AWS::SQS::Queue", "Arn") => Ok(of("sqs", self.text(name, "QueueName")?)),
            ("AWS::S3::Bucket", "Arn") => Ok(format!("arn:aws:s3:::{}", self.reference(name)?)),
            ("AWS::IAM::Role", "Arn") => Ok(format!("arn:aws:iam::{ACCOUNT}:role/{}-{name}", self.name)),
            (kind, _) => Err(Unresolved::new(format!("the attribute {attribute} of {name} is not known for a {kind}"))),
        }
    }
}

fn kind(resource: &Value) -> &str {
    resource.get("Type").and_then(Value::as_str).unwrap_or_default()
}
