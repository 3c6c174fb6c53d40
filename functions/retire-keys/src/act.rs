//! What is done to a key, with a look right before it and right after it.

use key_lifecycle::{Action, Answer, Grade, Judgement, KeyObject, Kind, Phase, Tie};
use retirement::{
    Draft, Held, NOT_VISIBLE, Refusal, Switched, Written, ask_ingestion, ask_question, delete, read_version, switch,
};
use secret_store::{Description, Stage};
use sentry_binding::{Principal, diagnose, management_token, of_sentry, of_store};
use sentry_client::{Api, ClientKey, Dsn, Kind as Refused, Project};

use crate::failure::ROLE;
use crate::report::Became;
use crate::run::{Halt, Run};
use crate::subject::Case;

/// What is remembered of an attempt that got no answer, in the place of a status.
const NO_ANSWER: u16 = 0;

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) action: Option<Action>,
    pub(crate) done: Became,
    /// Why, where the judgement does not say it.
    pub(crate) why: Option<String>,
}

impl Outcome {
    pub(crate) fn none() -> Self {
        Self { action: None, done: Became::None, why: None }
    }

    fn done(action: Action, why: Option<String>) -> Self {
        Self { action: Some(action), done: Became::Done, why }
    }

    fn failed(action: Action, why: String) -> Self {
        Self { action: Some(action), done: Became::Failed, why: Some(why) }
    }
}

/// Whether a key is tied to a version by its mark and nothing else: a rotation of that version may yet take it.
fn is_marked_alone(tie: Tie) -> bool {
    match tie {
        Tie::Mark(_) => true,
        Tie::Value | Tie::ValueAndMark => false,
    }
}

fn answered(status: u16) -> Option<Answer> {
    Some(Answer { status: Some(status), request_id: None })
}

impl Run<'_> {
    /// Looks once more, closely, before a key is disabled or deleted: the ledger's whole chain, and every secret of the
    /// project as it is now. The list of secrets may be minutes late.
    pub(crate) async fn confirm(&mut self, case: &mut Case<'_, '_>) -> Result<(), Halt> {
        self.reload(case).await?;
        for arn in case.secrets_of_the_project() {
            let claims = case.claim.as_ref().is_some_and(|claim| claim.secret_arn == arn);
            match self.look(&arn, case.id).await {
                Ok(Some((held, description))) => {
                    case.facts.held |= held;
                    if claims {
                        let version = case.claim.as_ref().and_then(|claim| claim.version_id.as_deref());
                        case.facts.held.pending |= case.facts.tie.is_some_and(is_marked_alone)
                            && version.is_some_and(|version| description.has_stage(version, Stage::Pending));
                        case.facts.hold |= description.tags.contains_key("sentry:hold");
                        case.facts.replicas_in_sync = description.replicas.iter().all(|replica| replica.in_sync);
                    }
                }
                // With the secret goes what ties the key to it: the ledger alone still knows whose it was.
                Ok(None) if claims => (case.facts.secret_gone, case.facts.tie) = (true, None),
                Ok(None) => {}
                Err(why) => case.facts.frozen = Some(why),
            }
        }
        Ok(())
    }

    /// Looks once more whether a key is enabled. One that is gone by now stays as it was seen: the next list tells.
    pub(crate) async fn see_again(&mut self, case: &mut Case<'_, '_>) -> Result<(), Halt> {
        if let Some(project) = &case.view.project
            && let Some(key) = self.api.key(project, case.id).await.map_err(halt)?
        {
            case.facts.key = if key.is_active { KeyObject::Active } else { KeyObject::Inactive };
            self.confirm_if_disabled(case).await?;
        }
        Ok(())
    }

    /// Of a key that is disabled and seems to be held: who disabled it is for the ledger to say, since the memory may be older;
    /// and whether it is held still for the secrets, whose list is late.
    pub(crate) async fn confirm_if_disabled(&mut self, case: &mut Case<'_, '_>) -> Result<(), Halt> {
        if case.facts.key == KeyObject::Inactive && (case.facts.held.current || case.facts.held.pending) {
            self.reload(case).await?;
            self.confirm_held(case).await?;
        }
        Ok(())
    }

    /// Looks once more which of the secrets that seemed to hold a key do so, before it is enabled again.
    async fn confirm_held(&mut self, case: &mut Case<'_, '_>) -> Result<(), Halt> {
        let (mut found, mut unread) = (key_lifecycle::Held::default(), None);
        for secret in self.inventory.secrets.iter().filter(|secret| secret.holds(case.id)) {
            match self.look(&secret.arn, case.id).await {
                Ok(Some((held, _))) => found |= held,
                Ok(None) => {}
                Err(why) => unread = Some(why),
            }
        }
        // Of a key that one secret holds for certain, another has nothing to say.
        if let Some(why) = unread.filter(|_| found == key_lifecycle::Held::default()) {
            case.facts.frozen = Some(why);
        }
        case.facts.held = found;
        Ok(())
    }

    /// Under which labels a secret holds a key now; `None` where the secret is gone.
    async fn look(&self, arn: &str, key_id: &str) -> Result<Option<(key_lifecycle::Held, Description)>, String> {
        let words = |error| of_store(error, &ROLE).message();
        let description = match self.store.describe(arn).await {
            Ok(description) => description,
            Err(error) if error.kind() == secret_store::Kind::NotFound => return Ok(None),
            Err(error) => return Err(words(error)),
        };
        let (mut held, mut is_hidden) = (key_lifecycle::Held::default(), false);
        for (stage, is_held) in [(Stage::Current, &mut held.current), (Stage::Pending, &mut held.pending)] {
            if let Some(version) = description.version_at(stage) {
                let value = read_version(self.store, arn, version).await.map_err(words)?;
                is_hidden |= stage == Stage::Current && matches!(value, Held::Nothing);
                *is_held = value.key_id() == Some(key_id);
            }
        }
        // What is not visible may be any key, but one that is pending beside it is held for certain.
        if is_hidden && !held.pending {
            return Err(format!("the value of {} cannot be read: {NOT_VISIBLE}", description.name));
        }
        Ok(Some((held, description)))
    }

    /// Carries out what was decided.
    pub(crate) async fn act(
        &mut self,
        case: &mut Case<'_, '_>,
        action: Action,
        judgement: &Judgement,
    ) -> Result<Outcome, Halt> {
        let Some(project) = case.view.project.clone() else {
            return Ok(Outcome::none());
        };
        match action {
            Action::Disable => self.disable(case, &project, judgement).await,
            Action::Enable => self.enable(case, &project, judgement).await,
            Action::Prove => self.prove(case, &project).await,
            Action::Delete => self.delete(case, &project, judgement).await,
        }
    }

    /// Puts an attempt on record before it is made: whoever else works on this key finds it there. `phase` is where the key
    /// stands once that is written.
    async fn intend(
        &mut self,
        case: &mut Case<'_, '_>,
        kind: Kind,
        phase: Phase,
        judgement: &Judgement,
    ) -> Result<bool, Halt> {
        if case.facts.history.phase == phase {
            return Ok(true);
        }
        let draft = Draft {
            attempt: case.facts.history.attempts.saturating_add(1),
            ticket: case.facts.consent.clone(),
            ..Draft::found(kind, case.class(), judgement.reason.to_string())
        };
        // Where another run was faster, the attempt on record is its own.
        Ok(self.record(case, draft, None).await? == Written::Yes)
    }

    async fn disable(
        &mut self,
        case: &mut Case<'_, '_>,
        project: &Project,
        judgement: &Judgement,
    ) -> Result<Outcome, Halt> {
        if !self.intend(case, Kind::Disabling, Phase::Disabling, judgement).await? {
            return Ok(Outcome::none());
        }
        let (settings_kept, sent) = match switch(self.api, project, case.id, false).await {
            Ok(Switched::Done { settings_kept, sent, .. }) => (settings_kept, sent),
            Ok(Switched::Gone) => {
                case.facts.key = KeyObject::Gone;
                return Ok(Outcome::done(Action::Disable, Some("it was gone when it should be disabled".to_owned())));
            }
            Ok(Switched::Unchanged) => {
                let why = "Sentry took the request and did not disable the key".to_owned();
                return Ok(Outcome::failed(Action::Disable, why));
            }
            Err(error) => {
                return self.refused(case, project, Action::Disable, error).await;
            }
        };
        case.facts.key = KeyObject::Inactive;
        case.known.refused_with = None;
        if let Some(undone) = self.undo_if_needed(case, project).await? {
            return Ok(undone);
        }
        let mut why = judgement.reason.to_string();
        if !settings_kept {
            why.push_str("; Sentry dropped one of its settings on the way: compare it in Sentry");
        }
        let draft = Draft {
            answer: answered(200).filter(|_| sent),
            attempt: case.facts.history.attempts,
            ticket: case.facts.consent.clone(),
            ..Draft::found(Kind::Disabled, case.class(), why.clone())
        };
        // What another run wrote meanwhile is judged by the next one.
        if self.record(case, draft, None).await? == Written::Yes {
            self.prove(case, project).await?;
        }
        Ok(Outcome::done(Action::Disable, Some(why)))
    }

    /// Looks right after a key was disabled, at every secret of the project: one that has become current or pending meanwhile
    /// is given back at once.
    async fn undo_if_needed(&mut self, case: &mut Case<'_, '_>, project: &Project) -> Result<Option<Outcome>, Halt> {
        let mut held = key_lifecycle::Held::default();
        for arn in case.secrets_of_the_project() {
            match self.look(&arn, case.id).await {
                Ok(found) => held |= found.map(|(held, _)| held).unwrap_or_default(),
                // The next run looks again, and heals.
                Err(why) => {
                    tracing::warn!(secret.arn = arn, why, "the secret could not be read after a key was disabled");
                }
            }
        }
        if !held.current && !held.pending {
            return Ok(None);
        }
        case.facts.held = held;
        match switch(self.urgent, project, case.id, true).await {
            Ok(Switched::Done { .. }) => {
                case.facts.key = KeyObject::Active;
                let why = "it became current or pending while it was being disabled: it was enabled again at once";
                let draft = Draft {
                    answer: answered(200),
                    attempt: case.facts.history.attempts.max(1),
                    ..Draft::found(Kind::Current, case.class(), why.to_owned())
                };
                self.record(case, draft, None).await?;
                let action = Some(Action::Disable);
                Ok(Some(Outcome { action, done: Became::Undone, why: Some(why.to_owned()) }))
            }
            Ok(Switched::Gone | Switched::Unchanged) | Err(_) => {
                let why = "it became current or pending while it was being disabled, and could not be enabled again: \
                           enable it in Sentry at once; the next run tries again";
                Ok(Some(Outcome::failed(Action::Enable, why.to_owned())))
            }
        }
    }

    async fn enable(
        &mut self,
        case: &mut Case<'_, '_>,
        project: &Project,
        judgement: &Judgement,
    ) -> Result<Outcome, Halt> {
        match switch(self.urgent, project, case.id, true).await {
            Ok(Switched::Done { .. }) => {
                case.facts.key = KeyObject::Active;
                let why = format!("{}: it is enabled again", judgement.reason);
                let draft = Draft {
                    answer: answered(200),
                    attempt: case.facts.history.attempts.max(1),
                    ..Draft::found(Kind::Current, case.class(), why.clone())
                };
                self.record(case, draft, None).await?;
                tracing::error!(key.id = case.id, "a secret was rolled back to a disabled key, which is enabled again");
                Ok(Outcome::done(Action::Enable, Some(why)))
            }
            Ok(Switched::Gone) => {
                case.facts.key = KeyObject::Gone;
                Ok(Outcome::failed(Action::Enable, "it was gone when it should be enabled again".to_owned()))
            }
            Ok(Switched::Unchanged) => {
                let why = "Sentry took the request and did not enable the key".to_owned();
                Ok(Outcome::failed(Action::Enable, why))
            }
            Err(error) => self.refused(case, project, Action::Enable, error).await,
        }
    }

    /// Asks for every proof that is still missing.
    async fn prove(&mut self, case: &mut Case<'_, '_>, project: &Project) -> Result<Outcome, Halt> {
        let dead = case.view.key(case.id).and_then(|key| key.dsn.clone());
        let control = case.current_key().and_then(|id| case.view.key(id)).filter(|key| key.is_active);
        let control_seen = control.is_some();
        let has_current = case.current_key().is_some();
        let alive = control.and_then(|key: &ClientKey| key.dsn.clone());
        let proven = case.facts.history.proven.map(|proven| proven.grade);
        let mut grade = proven;
        if proven < Some(Grade::Question) {
            let answered = ask_question(self.api, project, dead.as_ref(), alive.as_ref()).await.map_err(halt)?;
            grade = if answered {
                Some(Grade::Question)
            } else if control_seen {
                proven.max(Some(Grade::Object))
            } else {
                proven
            };
            if let Some(better) = grade.filter(|_| grade > proven) {
                self.proven(case, better).await?;
            }
        }
        if let Some(dsn) = dead.filter(|_| grade < Some(Grade::Ingestion)) {
            match ask_ingestion(self.api, &dsn).await.map_err(halt)? {
                // Who refuses everything says nothing about this key.
                Refusal::Refused if !self.is_accepted(has_current, alive.as_ref()).await? => {}
                Refusal::Refused => self.count_refusal(case).await?,
                Refusal::Accepted => case.known.accepted = true,
                Refusal::Inconclusive => {}
            }
        }
        case.facts.ingestion_accepts = case.known.accepted;
        Ok(Outcome::done(Action::Prove, None))
    }

    /// Whether ingestion takes what the current key sends; a key whose secret is gone has none to compare with.
    async fn is_accepted(&self, has_current: bool, alive: Option<&Dsn>) -> Result<bool, Halt> {
        match alive {
            Some(alive) => Ok(ask_ingestion(self.api, alive).await.map_err(halt)? == Refusal::Accepted),
            None => Ok(!has_current),
        }
    }

    async fn count_refusal(&mut self, case: &mut Case<'_, '_>) -> Result<(), Halt> {
        // A refusal after an acceptance begins a new succession.
        let before = if case.known.accepted { 0 } else { case.facts.history.refusals };
        case.known.accepted = false;
        let refusals = before.saturating_add(1);
        let wanted = case.terms.proof_refusals;
        let draft = Draft {
            attempt: refusals,
            ..Draft::found(
                Kind::Refused,
                case.class(),
                format!("ingestion refused it in {refusals} of {wanted} successive runs"),
            )
        };
        self.record(case, draft, None).await?;
        if refusals >= wanted {
            self.proven(case, Grade::Ingestion).await?;
        }
        Ok(())
    }

    async fn proven(&mut self, case: &mut Case<'_, '_>, grade: Grade) -> Result<(), Halt> {
        let why = match grade {
            Grade::Object => "Sentry shows it as disabled, and the current key as enabled",
            Grade::Question => "Sentry says that no active key has its DSN, and that the current key's is alive",
            Grade::Ingestion => "ingestion refuses it lastingly",
        };
        let found = Draft::found(Kind::Proven, case.class(), why.to_owned());
        self.record(case, Draft { grade: Some(grade), ..found }, None).await?;
        Ok(())
    }

    async fn delete(
        &mut self,
        case: &mut Case<'_, '_>,
        project: &Project,
        judgement: &Judgement,
    ) -> Result<Outcome, Halt> {
        let Some(principal) = self.config.deleter() else {
            return Ok(Outcome::none());
        };
        let token = match management_token(self.store, principal, self.end).await {
            Ok(token) => token,
            Err(failure) => return Ok(Outcome::failed(Action::Delete, failure.message())),
        };
        if !self.intend(case, Kind::Deleting, Phase::Deleting, judgement).await? {
            return Ok(Outcome::none());
        }
        let api = self.sentry.api(&token, self.end);
        let status = match delete(&api, project, case.id).await {
            Ok(status) => status,
            Err(error) => return self.refused_by(&api, case, project, Action::Delete, error, principal).await,
        };
        case.facts.key = KeyObject::Gone;
        let draft = Draft {
            answer: status.and_then(answered),
            attempt: case.facts.history.attempts,
            ..Draft::found(Kind::Deleted, case.class(), judgement.reason.to_string())
        };
        self.record(case, draft, None).await?;
        Ok(Outcome::done(Action::Delete, Some(judgement.reason.to_string())))
    }

    async fn refused(
        &mut self,
        case: &mut Case<'_, '_>,
        project: &Project,
        action: Action,
        error: sentry_client::Error,
    ) -> Result<Outcome, Halt> {
        self.refused_by(self.api, case, project, action, error, self.config.principal()).await
    }

    /// An attempt that Sentry refused, or did not answer: on record once for each status, and tried again by the next run.
    async fn refused_by(
        &mut self,
        api: &Api<'_>,
        case: &mut Case<'_, '_>,
        project: &Project,
        action: Action,
        error: sentry_client::Error,
        principal: Principal<'_>,
    ) -> Result<Outcome, Halt> {
        if *error.kind() == Refused::DeadlineNear {
            return Err(Halt::Time);
        }
        let status = error.status();
        let failure = diagnose(api, error, &project.organization.slug, &project.slug, principal).await;
        let why = failure.message();
        let kind = match action {
            Action::Disable => Some(Kind::Disabling),
            Action::Delete => Some(Kind::Deleting),
            Action::Enable | Action::Prove => None,
        };
        let answer = Some(status.unwrap_or(NO_ANSWER));
        let again = case.known.refused_with == answer;
        case.known.refused_with = answer;
        if let Some(kind) = kind.filter(|_| !again) {
            let draft = Draft {
                answer: Some(Answer { status, request_id: None }),
                attempt: case.facts.history.attempts,
                ..Draft::found(kind, case.class(), why.clone())
            };
            self.record(case, draft, None).await?;
        }
        Ok(Outcome::failed(action, why))
    }
}

/// Proof waits for nothing but time.
fn halt(error: sentry_client::Error) -> Halt {
    if *error.kind() == Refused::DeadlineNear { Halt::Time } else { Halt::Failure(of_sentry(error, &ROLE)) }
}
