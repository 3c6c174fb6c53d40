//! One review under way: projects are gathered, judged and written down some at a time, and compared with the previous review.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use function_kit::Failure;
use key_policy::findings::{Code, Finding, Severity, Status, SubjectKind};
use key_policy::inventory::{self, Token, Unknown};
use key_policy::{Exception, Facts, Judged, Tally, judge_own, judge_project, judge_rest, unseen_projects};
use sentry_binding::{Scope, of_sentry};
use sentry_client::{Api, Organization, Project};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::before::Before;
use crate::changes::compare;
use crate::failure::{ROLE, spool as spool_failure};
use crate::gather::audit_log::Deeds;
use crate::gather::ownership::Owners;
use crate::gather::projects::{self, A_BATCH, Later, Listing};
use crate::hidden::Hidden;
use crate::rows;
use crate::settle::{Told, UNSEEN, closed, event, is_undecided, settle, severity, to_json, to_row};
use crate::spool::{Part, Spool};
use crate::table::{Found, Item, OWN, REST};
use crate::top::Top;
use crate::totals::Totals;

/// The least time in which another batch of projects is begun.
const FOR_A_BATCH: Duration = Duration::from_secs(5);

/// Things of the inventory, by kind and id.
type Items = BTreeMap<(String, String), Item>;

/// A review under way.
pub(crate) struct Review<'a> {
    pub(crate) facts: &'a Facts<'a>,
    pub(crate) api: &'a Api<'a>,
    pub(crate) organization: &'a Organization,
    pub(crate) scope: &'a Scope,
    pub(crate) owners: &'a Owners<'a>,
    pub(crate) deeds: &'a Deeds,
    pub(crate) hidden: &'a Hidden<'a>,
    /// Projects of the previous review that are neither listed nor gone.
    pub(crate) unlisted: &'a BTreeSet<u64>,
    /// Whether Sentry's list of projects is whole.
    pub(crate) all_listed: bool,
    pub(crate) before: Before,
    pub(crate) spool: Spool,
    pub(crate) totals: Totals,
    pub(crate) tally: Tally,
    pub(crate) top: Top,
    /// How many findings each exception accepts, by [`accepted_by`].
    pub(crate) accepted: BTreeMap<String, u64>,
    /// The last project that was judged.
    pub(crate) cursor: Option<u64>,
    pub(crate) end: Instant,
}

/// How far the projects were gone through.
pub(crate) enum Went {
    ToTheEnd,
    /// Time or limits are used up: the next invocation goes on.
    Partly,
}

impl Review<'_> {
    /// Goes through the projects after the cursor. Fails where nothing could be done at all, so that nobody goes on for ever.
    pub(crate) async fn projects(&mut self, projects: &[Project]) -> Result<Went, Failure> {
        let began_at = self.cursor;
        let mut listing = Listing::Organization;
        let rest = projects.partition_point(|project| Some(project.id) <= self.cursor);
        for batch in projects.get(rest..).unwrap_or_default().chunks(A_BATCH) {
            // The first one is begun whatever the time: each invocation comes further than the one before.
            if self.cursor != began_at && Instant::now() + FOR_A_BATCH > self.end {
                return self.stopped(began_at, None);
            }
            match Box::pin(self.batch(batch, &mut listing)).await? {
                Ok(()) => self.cursor = batch.last().map(|project| project.id),
                Err(later) => return self.stopped(began_at, Some(later)),
            }
        }
        Ok(Went::ToTheEnd)
    }

    fn stopped(&self, began_at: Option<u64>, why: Option<Later>) -> Result<Went, Failure> {
        if self.cursor != began_at {
            return Ok(Went::Partly);
        }
        Err(match why {
            Some(Later(error)) => of_sentry(error, &ROLE),
            None => sentry_binding::deadline_near(&ROLE),
        })
    }

    async fn batch(&mut self, batch: &[Project], listing: &mut Listing) -> Result<Result<(), Later>, Failure> {
        let mut unknowns = Vec::new();
        let keys = match projects::keys(self.api, self.organization, batch, listing, &mut unknowns).await {
            Ok(keys) => keys,
            Err(later) => return Ok(Err(later)),
        };
        let mut seen = Vec::with_capacity(batch.len());
        for (project, keys) in batch.iter().zip(keys) {
            let domains = match projects::allowed_domains(self.api, self.facts, project, &mut unknowns).await {
                Ok(domains) => domains,
                Err(later) => return Ok(Err(later)),
            };
            seen.push(projects::project(project, keys, domains, self.owners, self.facts));
        }
        // Only now is anything written down: a batch that is gathered again must not stand there twice.
        for project in &seen {
            self.project(project).map_err(spool_failure)?;
        }
        self.unknowns(&unknowns)?;
        Ok(Ok(()))
    }

    fn project(&mut self, project: &inventory::Project) -> std::io::Result<()> {
        let mut items = Items::new();
        self.totals.projects += 1;
        let mut managed = false;
        for key in project.keys.iter().flatten() {
            let (value, item) = rows::client_key(self.facts, project, key);
            self.totals.add_key(key, item.age_days);
            self.item(Part::ClientKeys, &value, item, &mut items)?;
        }
        for secret in self.facts.secrets_of(project.id).filter(|secret| self.scope.includes(&secret.arn, &secret.name))
        {
            managed = true;
            let (value, item) = rows::secret(self.facts, Some(project), secret);
            self.totals.add_secret(secret, !item.owner.is_empty());
            self.item(Part::Secrets, &value, item, &mut items)?;
        }
        self.totals.projects_managed += u64::from(managed);
        self.totals.projects_unread += u64::from(project.keys.is_none());
        let judged = judge_project(self.facts, project);
        let no_keys = project.keys.is_none();
        self.group(project.id, &items, judged, |kind| no_keys && kind == SubjectKind::ClientKey.word())
    }

    /// This system's own tokens: always the first rows.
    pub(crate) fn own(&mut self) -> Result<(), Failure> {
        self.write_own().map_err(spool_failure)
    }

    fn write_own(&mut self) -> std::io::Result<()> {
        let mut items = Items::new();
        for token in self.facts.of.tokens.iter().filter(|token| token.function.is_some()) {
            let (value, item) = rows::token(self.facts, token);
            self.spool.line(Part::Own, &value)?;
            self.token(token, &value, Item { project_id: Some(OWN), ..item }, &mut items)?;
        }
        let judged = self.in_scope(judge_own(self.facts));
        self.group(OWN, &items, judged, |_| false)
    }

    fn token(&mut self, token: &Token, value: &Value, item: Item, items: &mut Items) -> std::io::Result<()> {
        self.totals.add_token(token);
        self.item(Part::Tokens, value, item, items)
    }

    /// Of a review of one secret only what is found about that.
    fn in_scope(&self, mut judged: Judged) -> Judged {
        if *self.scope != Scope::All {
            judged.findings.retain(|finding| {
                let subject = &finding.case.subject;
                matches!(subject.kind, SubjectKind::Secret | SubjectKind::Token)
                    && self.scope.includes(&subject.id, &subject.name)
            });
        }
        judged
    }

    /// What belongs to no project, and what the previous review knew of projects that are gone.
    pub(crate) fn rest(&mut self, projects: &[Project]) -> Result<(), Failure> {
        self.write_rest(projects).map_err(spool_failure)
    }

    fn write_rest(&mut self, projects: &[Project]) -> std::io::Result<()> {
        let mut items = Items::new();
        let seen: BTreeSet<u64> = projects.iter().map(|project| project.id).collect();
        for token in self.facts.of.tokens.iter().filter(|token| token.function.is_none()) {
            if self.scope.includes(&token.secret_arn, &token.secret_name) {
                let (value, item) = rows::token(self.facts, token);
                self.token(token, &value, item, &mut items)?;
            }
        }
        if *self.scope == Scope::All {
            for token in self.facts.of.organization_tokens.iter().flatten() {
                let (value, item) = rows::organization_token(self.facts, token);
                self.item(Part::Tokens, &value, item, &mut items)?;
            }
            for integration in self.facts.of.integrations.iter().flatten() {
                let (value, item) = rows::integration(integration);
                self.item(Part::Integrations, &value, item, &mut items)?;
            }
            self.totals.add_integrations(self.facts.of.integrations.as_deref().unwrap_or_default());
        }
        for secret in &self.facts.of.secrets {
            if secret.project().is_some_and(|project| seen.contains(&project))
                || !self.scope.includes(&secret.arn, &secret.name)
            {
                continue;
            }
            let (value, item) = rows::secret(self.facts, None, secret);
            self.totals.add_secret(secret, !item.owner.is_empty());
            self.item(Part::Secrets, &value, item, &mut items)?;
        }
        // Of those that are not listed at all nobody knows how many there are.
        let of_no_list = u64::from(*self.scope == Scope::All && !self.all_listed);
        self.tally.add(&unseen_projects(count_of(self.unlisted) + of_no_list));
        let judged = self.in_scope(judge_rest(self.facts, &seen));
        let no_integrations = self.facts.of.integrations.is_none();
        let no_organization_tokens = self.facts.of.organization_tokens.is_none();
        self.group(REST, &items, judged, |kind| {
            (no_integrations && kind == SubjectKind::Integration.word())
                || (no_organization_tokens && kind == SubjectKind::OrganizationToken.word())
        })
    }

    fn item(&mut self, part: Part, value: &Value, item: Item, items: &mut Items) -> std::io::Result<()> {
        self.spool.line(part, value)?;
        let named = (item.kind.clone(), item.id.clone());
        // A token that two functions share is one thing with two rows in the report.
        if let Entry::Vacant(place) = items.entry(named) {
            self.spool.row(Part::InventoryTable, &item)?;
            place.insert(item);
        }
        Ok(())
    }

    /// Writes the findings of one group, and compares it with what the previous review said of it. `unseen` tells which
    /// kinds of things could not be seen at all in this group.
    fn group(
        &mut self,
        group: u64,
        items: &Items,
        judged: Judged,
        unseen: impl Fn(&str) -> bool,
    ) -> std::io::Result<()> {
        let (gone, mut before) = self.before.take(group)?;
        let nothing = Items::new();
        let unlisted = self.unlisted;
        let is_unlisted = |project: Option<u64>| project.is_some_and(|id| unlisted.contains(&id));
        for change in compare(&gone, &nothing, |item| is_unlisted(item.project_id), self.deeds).iter().chain(&compare(
            &before,
            items,
            |item| unseen(&item.kind),
            self.deeds,
        )) {
            self.spool.line(Part::Changes, change)?;
        }
        // The next review reads the rows in the order of their groups.
        let mut gone: Vec<&Found> = gone.findings.values().collect();
        gone.sort_by_key(|was| was.project_id);
        for was in gone {
            if is_unlisted(was.project_id) {
                self.carry(was)?;
            } else {
                self.close(was)?;
            }
        }
        let project_id = (group != REST).then_some(group);
        let mut written = BTreeSet::new();
        for mut finding in judged.findings {
            let subject = &finding.case.subject;
            let named = (finding.code.word().to_owned(), subject.kind.word().to_owned(), subject.id.clone());
            let was = before.findings.remove(&named);
            if written.insert(named) {
                let told = settle(&mut finding, was.as_ref(), self.facts.now);
                self.finding(&finding, project_id, told)?;
            }
        }
        for (kind, id, codes) in by_subject(&judged.undecided) {
            self.spool
                .line(Part::Undecided, &json!({"kind": kind, "id": id, "project_id": project_id, "rules": codes}))?;
        }
        for was in before.findings.values() {
            let item = items.get(&(was.subject_kind.clone(), was.subject_id.clone()));
            if unseen(&was.subject_kind)
                || is_undecided(was, &judged.undecided)
                || self.hidden.may_concern(was, project_id, item)
            {
                self.carry(was)?;
            } else {
                self.close(was)?;
            }
        }
        self.tally.add(&judged.tally);
        Ok(())
    }

    fn finding(&mut self, finding: &Finding, project_id: Option<u64>, told: Option<Told>) -> std::io::Result<()> {
        self.totals.add_finding(finding.severity, finding.status);
        let administers = finding.code == Code::AdminKeyInApp && finding.status != Status::Excepted;
        self.totals.admin_tokens_in_applications += u64::from(administers);
        if let Some(exception) = &finding.exception {
            *self.accepted.entry(accepted_by(exception)).or_default() += 1;
        }
        self.top.add(finding);
        self.row(&to_row(finding, project_id))?;
        match told {
            Some(told) => self.spool.line(events_of(finding.severity.word()), &event(finding, told)),
            None => Ok(()),
        }
    }

    /// A finding that can neither be repeated nor closed stays open.
    fn carry(&mut self, was: &Found) -> std::io::Result<()> {
        self.totals.unseen += 1;
        self.totals.open.add(severity(&was.severity));
        self.row(&Found { status: UNSEEN.to_owned(), ..was.clone() })
    }

    fn row(&mut self, row: &Found) -> std::io::Result<()> {
        self.spool.line(Part::Findings, &to_json(row))?;
        self.spool.row(Part::FindingsTable, row)
    }

    fn close(&mut self, was: &Found) -> std::io::Result<()> {
        self.totals.closed += 1;
        let closed = closed(was);
        self.spool.line(
            Part::Changes,
            &json!({"change": "finding-closed", "code": was.code, "severity": was.severity,
                "kind": was.subject_kind, "id": was.subject_id, "name": was.subject_name, "project": was.project,
                "first_seen": was.first_seen}),
        )?;
        self.spool.line(events_of(&was.severity), &closed)
    }

    /// Notes what could not be seen.
    pub(crate) fn unknowns(&mut self, unknowns: &[Unknown]) -> Result<(), Failure> {
        for unknown in unknowns {
            self.totals.unknown += 1;
            self.spool.line(Part::Unknowns, &rows::unknown(unknown)).map_err(spool_failure)?;
        }
        Ok(())
    }
}

/// What names an exception in the counts of what it accepts: the policy has one for each finding and subject.
pub(crate) fn accepted_by(exception: &Exception) -> String {
    format!("{} {}", exception.finding, exception.subject)
}

fn count_of(projects: &BTreeSet<u64>) -> u64 {
    u64::try_from(projects.len()).unwrap_or(u64::from(u32::MAX))
}

/// What no rule could tell, subject by subject.
fn by_subject(undecided: &BTreeSet<(Code, SubjectKind, String)>) -> Vec<(&'static str, &str, Vec<&'static str>)> {
    let mut subjects: BTreeMap<(SubjectKind, &str), Vec<&'static str>> = BTreeMap::new();
    for (code, kind, id) in undecided {
        subjects.entry((*kind, id)).or_default().push(code.word());
    }
    subjects.into_iter().map(|((kind, id), codes)| (kind.word(), id, codes)).collect()
}

fn events_of(word: &str) -> Part {
    match severity(word) {
        Severity::Critical => Part::EventsCritical,
        Severity::High => Part::EventsHigh,
        Severity::Medium => Part::EventsMedium,
        Severity::Low => Part::EventsLow,
    }
}

/// The projects that a review is about: all, or that of the one secret.
pub(crate) fn projects_in_scope(
    scope: &Scope,
    secrets: &[inventory::Secret],
    mut projects: Vec<Project>,
) -> Result<Vec<Project>, Failure> {
    let Scope::Secret(_) = scope else { return Ok(projects) };
    let mut meant = secrets.iter().filter(|secret| scope.includes(&secret.arn, &secret.name)).peekable();
    if meant.peek().is_none() {
        return Err(Failure::new(
            "Event.Invalid",
            "the event names no managed secret: give the secret the tag sentry:kind, or send {} for all",
        ));
    }
    let ids: BTreeSet<u64> = meant.filter_map(inventory::Secret::project).collect();
    projects.retain(|project| ids.contains(&project.id));
    Ok(projects)
}
