//! One review in one invocation: from what was remembered to what is remembered.

use std::collections::BTreeMap;
use std::time::Duration;

use function_kit::{Deadline, Failure};
use jiff::Timestamp;
use key_policy::inventory::{self, Reviews};
use key_policy::{Facts, Organizational, Tally};
use sentry_binding::{Scope, management_token, missing_scope, of_sentry};
use sentry_client::Share;
use serde_json::{Value, json};

use crate::chain;
use crate::failure::{ROLE, spool as spool_failure};
use crate::function::Function;
use crate::gather::ownership::Owners;
use crate::gather::{audit_log, organization, retirement, secrets, tokens, unlisted};
use crate::hidden::Hidden;
use crate::previous;
use crate::publish::Head;
use crate::review::{Review, Went, projects_in_scope};
use crate::said::Said;
use crate::spool::Spool;
use crate::state::{Counted, State};
use crate::unknowns::unknown;

/// What is kept back from gathering for the report, its upload and the events.
const FOR_THE_END: Duration = Duration::from_secs(90);

/// What the audit leaves of Sentry's limits to rotation (facts/sentry-api.md section 1.9).
const LEFT_TO_ROTATION: Share = Share::percent(30);

/// One invocation that reviews.
pub(crate) struct Run<'a> {
    pub(crate) of: &'a Function,
    pub(crate) scope: &'a Scope,
    pub(crate) request_id: &'a str,
    pub(crate) deadline: Deadline,
    pub(crate) now: Timestamp,
    pub(crate) state: State,
    pub(crate) said: Said,
}

impl<'a> Run<'a> {
    /// Reads the memory.
    pub(crate) async fn begin(
        of: &'a Function,
        scope: &'a Scope,
        request_id: &'a str,
        deadline: Deadline,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let mut state = State::load(&of.evidence).await?;
        chain::catch_up(&of.evidence, &mut state).await?;
        Ok(Self { of, scope, request_id, deadline, now, state, said: Said::default() })
    }

    /// Whether everything is reviewed, and not one secret.
    pub(crate) fn is_whole(&self) -> bool {
        *self.scope == Scope::All
    }

    /// Gathers, judges, and publishes, or pauses; gives back the reply.
    pub(crate) async fn review(&mut self) -> Result<Value, Failure> {
        let of = self.of;
        let end = self.deadline.instant() - FOR_THE_END.min(self.deadline.left() / 4);
        let mut spool = Spool::begin(&of.config.spool).map_err(spool_failure)?;
        self.tell_rest(&spool).await?;
        let paused = self.resume(&mut spool).await?;
        let began = paused.as_ref().map_or(self.now, |paused| paused.began);
        let review_id = paused.as_ref().map_or_else(|| self.new_id(), |paused| paused.review_id.clone());

        let token = management_token(&of.store, of.config.principal(), end).await?;
        let api = of.sentry.api(&token, end).leaving(LEFT_TO_ROTATION);
        let identity = api.identity().await.map_err(|error| of_sentry(error, &ROLE))?;
        if let Some(failure) = missing_scope(&identity, of.config.principal()) {
            return Err(failure);
        }
        let mut managed = secrets::gather(&of.store, &of.config.region, end).await?;
        let tokens = tokens::gather(&of.config, &of.store, &of.sentry, &mut managed, end).await?;
        let configured = of.config.own_tokens.iter().filter(|own| own.secret_id.is_some()).count();
        let own_unread = tokens.iter().filter(|token| token.function.is_some()).count() < configured;
        let mut unknowns = std::mem::take(&mut managed.unknowns);
        if self.state.is_lost {
            let why = match &self.state.last {
                Some(_) => {
                    "it was not one that this version wrote; the newest manifest below reviews/ was gone on from"
                }
                None => {
                    "it was not one that this version wrote, and no review is below reviews/: this one begins a new chain"
                }
            };
            unknowns.push(unknown("what the memory in state/audit-keys.json held", why, None));
        }
        let is_person = identity.user.as_ref().is_some_and(|user| user.is_person);
        let seen = organization::gather(&of.config, &api, is_person, &mut unknowns).await?;
        let judgements = retirement::gather(&of.evidence, spool.folder(), self.now, &mut unknowns).await?;
        let last = self.state.last.clone().filter(|_| self.is_whole());
        let (mut before, compared) = previous::open(&of.evidence, spool.folder(), last.as_ref(), &mut unknowns).await?;
        if compared {
            previous::remember_projects(spool.folder(), &mut managed.secrets)?;
        }
        if let Some(paused) = &paused {
            before.skip(paused.cursor).map_err(spool_failure)?;
        }
        let missing = if compared { previous::missing(spool.folder(), &seen.projects)? } else { BTreeMap::new() };
        let unlisted = unlisted::gather(&api, &seen.organization, &missing, &mut unknowns).await;
        let owners = Owners::new(&judgements, &managed.secrets);
        let since = last.as_ref().filter(|_| compared).map(|last| last.at);
        let deeds = audit_log::gather(&api, &seen.organization, since, &mut unknowns).await;
        let all_projects = projects_in_scope(self.scope, &managed.secrets, seen.projects)?;
        let organizational = Organizational {
            organization: inventory::Organization { id: seen.organization.id, slug: seen.organization.slug.clone() },
            secrets: managed.secrets,
            tokens,
            integrations: seen.integrations,
            organization_tokens: seen.organization_tokens,
            all_projects_listed: self.is_whole() && seen.all_projects_listed && unlisted.is_empty(),
            reviews: Reviews { first: self.state.first, last_signed: self.state.last_signed },
        };
        let facts = Facts::new(&of.config.policy, began, &organizational);
        let hidden = Hidden::among(&organizational, own_unread, &judgements);
        let cursor = paused.as_ref().map(|paused| paused.cursor);
        let so_far = paused.as_ref();
        let mut review = Review {
            facts: &facts,
            api: &api,
            organization: &seen.organization,
            scope: self.scope,
            owners: &owners,
            deeds: &deeds,
            hidden: &hidden,
            unlisted: &unlisted,
            all_listed: seen.all_projects_listed,
            before,
            spool,
            totals: so_far.map(|paused| paused.totals.clone()).unwrap_or_default(),
            tally: Tally::from_counts(
                so_far.iter().flat_map(|paused| paused.tally.iter().filter_map(Counted::counted)),
            ),
            top: so_far.map(|paused| paused.top.clone()).unwrap_or_default(),
            accepted: so_far.map(|paused| paused.accepted.clone()).unwrap_or_default(),
            cursor,
            end,
        };
        if paused.is_none() {
            review.own()?;
        }
        let went = match Box::pin(review.projects(&all_projects)).await {
            // One secret's review is small: it is asked for again.
            Ok(Went::Partly) if !self.is_whole() => Err(sentry_binding::deadline_near(&ROLE)),
            went => went,
        };
        self.said.calls = api.calls();
        let organization = seen.organization.slug.as_str();
        match went {
            Ok(Went::Partly) => {
                let times = paused.as_ref().map_or(1, |paused| paused.times + 1);
                let stopped = review.to_paused(&of.config, review_id, began, times, last.map(|last| last.review_id));
                self.pause(stopped, review.spool, organization, all_projects.len()).await
            }
            Ok(Went::ToTheEnd) => {
                review.rest(&all_projects)?;
                review.unknowns(&unknowns)?;
                let config = &of.config;
                let head = Head {
                    review_id,
                    generated_at: began,
                    policy: json!({"version": config.policy.version, "sha256": config.policy_sha256,
                        "origin": config.policy_origin}),
                    organization: json!({"id": seen.organization.id, "slug": organization}),
                    previous: last.as_ref().map_or(
                        Value::Null,
                        |last| json!({"review_id": last.review_id, "sha256": last.sha256, "compared": compared}),
                    ),
                    scope: match self.scope {
                        Scope::All => Value::Null,
                        Scope::Secret(id) => json!({"secret_id": id}),
                    },
                };
                Box::pin(self.finish(review, head, organization, began)).await
            }
            Err(failure) => {
                // What came before stays where the next invocation finds it.
                drop(review.spool.end());
                Err(failure)
            }
        }
    }

    /// Names a review by its time, and by the invocation that began it.
    fn new_id(&self) -> String {
        format!("{}-{}", self.now.strftime("%Y%m%dT%H%M%SZ"), self.plain_request_id())
    }

    /// The id of this invocation as a part of an object's key.
    pub(crate) fn plain_request_id(&self) -> String {
        self.request_id.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').take(64).collect()
    }
}
