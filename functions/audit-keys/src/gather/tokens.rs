//! The stored tokens: each is presented to Sentry once, by the one harmless read that says what it may do.

use function_kit::Failure;
use futures_util::stream::{self, StreamExt as _};
use key_policy::ScopeSet;
use key_policy::inventory::{ActsAs, Answer, Said, Secret, Token, Unknown};
use secret_store::SecretStore;
use sentry_binding::{KIND_TAG, of_store};
use sentry_client::{AuthToken, Client, Identity, Kind};
use tokio::time::Instant;

use super::at;
use super::held::{Stored, classify};
use super::secrets::{Managed, said_kind};
use crate::config::{Config, OwnToken};
use crate::failure::ROLE;
use crate::plain;
use crate::unknowns::unknown;

/// How many tokens are presented at a time.
const AT_A_TIME: usize = 4;

/// This system's own tokens first, in the order of the configuration, then those of the managed secrets.
pub(crate) async fn gather(
    config: &Config,
    store: &SecretStore,
    sentry: &Client,
    managed: &mut Managed,
    end: Instant,
) -> Result<Vec<Token>, Failure> {
    let mut tokens = Vec::new();
    for own in &config.own_tokens {
        match read_own(store, own).await? {
            Own::Token { token, stored } => tokens.push((*token, Some(stored))),
            Own::Unknown(unknown) => managed.unknowns.push(unknown),
        }
    }
    let own: Vec<String> = tokens.iter().map(|(token, _)| token.secret_arn.clone()).collect();
    for secret in &managed.secrets {
        let stored = managed.tokens.remove(&secret.arn);
        let Some(stored) = stored.filter(|_| !own.contains(&secret.arn)) else { continue };
        tokens.push((of_secret(secret, &stored), Some(stored)));
    }
    let mut answers = stream::iter(tokens)
        .map(|(token, stored)| async move {
            match stored {
                Some(stored) => introspect(sentry, token, &stored.token, end).await,
                None => (token, None),
            }
        })
        .buffered(AT_A_TIME);
    let mut answered = Vec::new();
    while let Some((token, unknown)) = answers.next().await {
        managed.unknowns.extend(unknown);
        answered.push(token);
    }
    Ok(answered)
}

enum Own {
    Token { token: Box<Token>, stored: Stored },
    Unknown(Unknown),
}

async fn read_own(store: &SecretStore, own: &OwnToken) -> Result<Own, Failure> {
    let subject = format!("the token of {}", own.function);
    let Some(secret_id) = &own.secret_id else {
        let why = format!("{} does not say which secret holds it", own.variable);
        return Ok(Own::Unknown(unknown(subject, why, Some(own.variable))));
    };
    let shown_by = Some("secretsmanager:DescribeSecret and secretsmanager:GetSecretValue");
    let description = match store.describe(secret_id).await {
        Ok(description) => description,
        Err(error) if own.variable == ROLE.variable => return Err(of_store(error, &ROLE)),
        Err(error) => return Ok(Own::Unknown(unknown(subject, error.to_string(), shown_by))),
    };
    let current = description.version_at(secret_store::Stage::Current).unwrap_or_default();
    let value = match store.stored(&description.arn, current).await {
        Ok(value) => value,
        Err(error) => return Ok(Own::Unknown(unknown(subject, error.to_string(), shown_by))),
    };
    let created = value.as_ref().and_then(|value| value.created);
    let Some((_, Some(stored))) = value.map(|value| classify(&value.value, true)) else {
        let why = format!("the secret {} holds no token", description.name);
        return Ok(Own::Unknown(unknown(subject, why, None)));
    };
    let tag = |name: &str| description.tags.get(name).map(|value| plain::text(value));
    let token = Token {
        secret_arn: description.arn.clone(),
        secret_name: description.name.clone(),
        function: Some(own.function),
        kind: said_kind(description.tags.get(KIND_TAG)),
        use_case: tag("sentry:use-case"),
        owner: tag("sentry:owner"),
        shape: stored.shape,
        answer: Answer::Unknown,
        stored: at(created),
    };
    Ok(Own::Token { token: Box::new(token), stored })
}

fn of_secret(secret: &Secret, stored: &Stored) -> Token {
    Token {
        secret_arn: secret.arn.clone(),
        secret_name: secret.name.clone(),
        function: None,
        kind: match &secret.kind {
            Said::Nothing => Said::Nothing,
            Said::Known(kind) => Said::Known(*kind),
            Said::Unknown(word) => Said::Unknown(word.clone()),
        },
        use_case: secret.use_case.clone(),
        owner: secret.owner.clone(),
        shape: stored.shape,
        answer: Answer::Unknown,
        stored: secret.current.as_ref().and_then(|version| version.created),
    }
}

async fn introspect(sentry: &Client, mut token: Token, stored: &AuthToken, end: Instant) -> (Token, Option<Unknown>) {
    match sentry.api(stored, end).identity().await {
        Ok(identity) => {
            token.answer = alive(&identity);
            (token, None)
        }
        Err(error) if *error.kind() == Kind::Unauthorized => {
            token.answer = Answer::Refused;
            (token, None)
        }
        Err(error) => {
            let subject = format!("what the token in {} may do", token.secret_name);
            (token, Some(unknown(subject, error.to_string(), None)))
        }
    }
}

fn alive(identity: &Identity) -> Answer {
    let acts_as = match &identity.user {
        None => ActsAs::Organization,
        Some(user) if user.is_person => ActsAs::Person(plain::text(&user.name)),
        Some(user) => ActsAs::Integration(plain::text(&user.name)),
    };
    Answer::Alive { scopes: ScopeSet::of(&identity.scopes), acts_as }
}
