//! The actions that read many secrets.

use serde_json::{Value, json};

use super::model::Secret;
use super::page::{page, start};
use super::read::{labels, read_value, summary};
use super::state::{State, no_secret};
use super::wire::{Parameters, ServiceError, set};

impl State {
    pub(super) fn list_secrets(&mut self, parameters: &Parameters) -> Result<Value, ServiceError> {
        let filters = filters(parameters)?;
        let planned = parameters.flag("IncludePlannedDeletion")?.unwrap_or(false);
        let secrets = self.filtered(&filters, start(parameters)?).filter(|(_, secret)| planned || secret.is_kept());
        let show = |secret: &Secret| summary(secret, "SecretVersionsToStages", labels(&secret.versions));
        let mut answer = json!({});
        page(parameters, 100, secrets, show, "SecretList", &mut answer)?;
        Ok(answer)
    }

    /// One `GetSecretValue` for each secret; what cannot be read is an entry in `Errors`, never a failed call.
    pub(super) fn batch_get_secret_value(&mut self, parameters: &Parameters) -> Result<Value, ServiceError> {
        let filters = filters(parameters)?;
        let after = start(parameters)?;
        let ids: Vec<(u64, String)> = match (parameters.texts("SecretIdList", 20)?, filters.is_empty()) {
            (Some(ids), true) if parameters.get("MaxResults").is_none() => (1..).zip(ids).collect(),
            (None, false) => self
                .filtered(&filters, after)
                .filter(|(_, secret)| secret.is_kept())
                .map(|(number, secret)| (number, secret.arn.clone()))
                .collect(),
            _ => {
                let message = "Either SecretIdList or Filters must be given, and MaxResults only with Filters.";
                return Err(ServiceError::parameter(message));
            }
        };
        let mut answer = json!({});
        page(parameters, 20, ids.into_iter(), Value::String, "Ids", &mut answer)?;
        let ids = answer.as_object_mut().and_then(|members| members.remove("Ids")).unwrap_or_default();
        let (mut values, mut errors) = (Vec::new(), Vec::new());
        for id in ids.as_array().into_iter().flatten().filter_map(Value::as_str) {
            let value = self
                .permit("GetSecretValue")
                .and_then(|()| self.secrets.find_mut(id).ok_or_else(no_secret))
                .and_then(|secret| read_value(secret, None, None));
            match value {
                Ok(value) => values.push(value),
                Err(error) => {
                    errors.push(json!({ "SecretId": id, "ErrorCode": error.code, "Message": error.message }));
                }
            }
        }
        set(&mut answer, "SecretValues", Value::Array(values));
        set(&mut answer, "Errors", Value::Array(errors));
        Ok(answer)
    }

    fn filtered(&self, filters: &[Filter], after: u64) -> impl Iterator<Item = (u64, &Secret)> {
        self.secrets.after(after).filter(|(_, secret)| filters.iter().all(|filter| filter.accepts(secret)))
    }
}

/// One filter: prefixes of which one must fit, and prefixes after `!` of which none may (`facts/aws.md` 1.4).
struct Filter {
    key: String,
    wanted: Vec<String>,
    unwanted: Vec<String>,
}

impl Filter {
    fn accepts(&self, secret: &Secret) -> bool {
        let fits = |prefix: &String| self.fits(secret, prefix);
        (self.wanted.is_empty() || self.wanted.iter().any(fits)) && !self.unwanted.iter().any(fits)
    }

    fn fits(&self, secret: &Secret, prefix: &str) -> bool {
        let mut tags = secret.tags.iter();
        match self.key.as_str() {
            "name" => secret.name.starts_with(prefix),
            "tag-key" => tags.any(|(key, _)| key.starts_with(prefix)),
            "tag-value" => tags.any(|(_, value)| value.starts_with(prefix)),
            "all" => {
                let prefix = prefix.to_lowercase();
                let contains = |text: &str| text.to_lowercase().contains(&prefix);
                contains(&secret.name) || tags.any(|(key, value)| contains(key) || contains(value))
            }
            "primary-region" => secret.life.primary_region.as_ref().is_some_and(|region| region.starts_with(prefix)),
            // No secret here has a description or an owner among the services.
            _ => false,
        }
    }
}

fn filters(parameters: &Parameters) -> Result<Vec<Filter>, ServiceError> {
    let keys = ["name", "tag-key", "tag-value", "description", "primary-region", "owning-service", "all"];
    let Some(filters) = parameters.get("Filters") else { return Ok(Vec::new()) };
    let filters = filters.as_array().filter(|filters| filters.len() <= 10);
    let filters = filters.ok_or_else(|| ServiceError::validation("Filters must be a list of at most 10 items"))?;
    let mut parsed = Vec::new();
    for filter in filters {
        let filter = Parameters::new(filter.clone(), &["Key", "Values"])?;
        let key = filter.required("Key", 1, 64)?;
        if !keys.contains(&key) {
            return Err(ServiceError::validation(format!("Filter key {key} is none of {keys:?}")));
        }
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        for value in filter.texts("Values", 10)?.unwrap_or_default() {
            match value.strip_prefix('!') {
                Some(value) => unwanted.push(value.to_owned()),
                None => wanted.push(value),
            }
        }
        parsed.push(Filter { key: key.to_owned(), wanted, unwanted });
    }
    Ok(parsed)
}
