//! From facts to findings: every rule on every subject, nothing left out, nothing fetched.

use std::collections::BTreeSet;

use crate::facts::Facts;
use crate::findings::{Case, Code, Finding, Inputs, Status, SubjectKind};
use crate::inventory::{Project, Secret, Token};
use crate::rules::{
    IntegrationView, Judge, KeyView, OrganizationTokenView, ProjectView, RULES, Rule, SecretView, TokenView, Verdict,
};
use crate::tally::{Count, Tally};

/// Findings, and what every rule came to.
#[derive(Debug, Default)]
pub struct Judged {
    /// In the order of the subjects, and of the rules.
    pub findings: Vec<Finding>,
    /// How many subjects each rule looked at.
    pub tally: Tally,
    /// Of which subjects a rule could not tell: what an earlier review found about them is neither repeated nor gone.
    pub undecided: BTreeSet<(Code, SubjectKind, String)>,
}

/// Judges a project, its keys, and the managed secrets whose DSN names it.
#[must_use]
pub fn judge_project(facts: &Facts<'_>, project: &Project) -> Judged {
    let mut review = Review { facts, judged: Judged::default() };
    let view = ProjectView { facts, project };
    review.each(Some((SubjectKind::Project, &project.id.to_string())), |judge| {
        if let Judge::Project(judge) = judge { Some(judge(&view)) } else { None }
    });
    match &project.keys {
        Some(keys) => {
            for key in keys {
                let view = KeyView { facts, project, key };
                review.each(Some((SubjectKind::ClientKey, &key.id)), |judge| {
                    if let Judge::Key(judge) = judge { Some(judge(&view)) } else { None }
                });
            }
        }
        None => review.unseen(|judge| matches!(judge, Judge::Key(_))),
    }
    for secret in facts.secrets_of(project.id) {
        review.secret(secret, Some(project));
    }
    review.judged
}

/// Judges this system's own tokens, which come before everything else.
#[must_use]
pub fn judge_own(facts: &Facts<'_>) -> Judged {
    let mut review = Review { facts, judged: Judged::default() };
    review.tokens(|token| token.function.is_some());
    review.judged
}

/// So many projects that could not be seen at all are as many unknowns to each rule about projects or their keys.
#[must_use]
pub fn unseen_projects(count: u64) -> Tally {
    let is_about = |judge: &Judge| matches!(judge, Judge::Project(_) | Judge::Key(_));
    let about = RULES.iter().filter(|rule| count > 0 && rule.judges.iter().any(is_about));
    Tally::from_counts(about.map(|rule| (rule.code, Count { unknown: count, ..Count::default() })))
}

/// Judges what belongs to no project that was judged.
///
/// The secrets whose DSN names none of `seen`, or that hold no DSN; the tokens that are not this system's own; the integrations
/// and organization tokens; the policy and the reviews.
#[must_use]
pub fn judge_rest(facts: &Facts<'_>, seen: &BTreeSet<u64>) -> Judged {
    let mut review = Review { facts, judged: Judged::default() };
    for secret in &facts.of.secrets {
        if secret.project().is_none_or(|project| !seen.contains(&project)) {
            review.secret(secret, None);
        }
    }
    review.tokens(|token| token.function.is_none());
    match &facts.of.integrations {
        Some(integrations) => {
            for integration in integrations {
                let view = IntegrationView { facts, integration };
                review.each(Some((SubjectKind::Integration, &integration.slug)), |judge| {
                    if let Judge::Integration(judge) = judge { Some(judge(&view)) } else { None }
                });
            }
        }
        None => review.unseen(|judge| matches!(judge, Judge::Integration(_))),
    }
    match &facts.of.organization_tokens {
        Some(tokens) => {
            for token in tokens {
                let view = OrganizationTokenView { facts, token };
                review.each(Some((SubjectKind::OrganizationToken, &token.id)), |judge| {
                    if let Judge::OrganizationToken(judge) = judge { Some(judge(&view)) } else { None }
                });
            }
        }
        None => review.unseen(|judge| matches!(judge, Judge::OrganizationToken(_))),
    }
    review.whole();
    review.judged
}

struct Review<'a> {
    facts: &'a Facts<'a>,
    judged: Judged,
}

impl Review<'_> {
    /// What each rule that looks at such a subject says of it.
    fn each(&mut self, subject: Option<(SubjectKind, &str)>, look: impl Fn(&Judge) -> Option<Verdict>) {
        for rule in RULES {
            for verdict in rule.judges.iter().filter_map(&look) {
                if let (Verdict::Unknown, Some((kind, id))) = (&verdict, subject) {
                    self.judged.undecided.insert((rule.code, kind, id.to_owned()));
                }
                self.take(rule, verdict);
            }
        }
    }

    /// Subjects that could not be listed are one unknown to each rule that looks at such.
    fn unseen(&mut self, looks: impl Fn(&Judge) -> bool) {
        self.each(None, |judge| looks(judge).then_some(Verdict::Unknown));
    }

    fn secret(&mut self, secret: &Secret, project: Option<&Project>) {
        let view = SecretView { facts: self.facts, secret, project, token: self.facts.token_in(&secret.arn) };
        self.each(Some((SubjectKind::Secret, &secret.arn)), |judge| {
            if let Judge::Secret(judge) = judge { Some(judge(&view)) } else { None }
        });
    }

    fn tokens(&mut self, meant: impl Fn(&Token) -> bool) {
        let facts = self.facts;
        for token in facts.of.tokens.iter().filter(|token| meant(token)) {
            let view = TokenView { facts, token };
            self.each(Some((SubjectKind::Token, &token.secret_arn)), |judge| {
                if let Judge::Token(judge) = judge { Some(judge(&view)) } else { None }
            });
        }
    }

    fn whole(&mut self) {
        for rule in RULES {
            for judge in rule.judges {
                if let Judge::Whole(judge) = judge {
                    for verdict in judge(self.facts) {
                        self.take(rule, verdict);
                    }
                }
            }
        }
    }

    fn take(&mut self, rule: &Rule, verdict: Verdict) {
        let count = self.judged.tally.of(rule.code);
        match verdict {
            Verdict::NotMeant => {}
            Verdict::Fine => count.fine += 1,
            Verdict::Unknown => count.unknown += 1,
            Verdict::Found(case) => {
                let finding = finding(self.facts, rule, *case);
                match finding.status {
                    Status::Excepted => count.excepted += 1,
                    Status::Opened | Status::Changed | Status::Open => count.found += 1,
                }
                self.judged.findings.push(finding);
            }
        }
    }
}

fn finding(facts: &Facts<'_>, rule: &Rule, case: Case) -> Finding {
    let inputs = Inputs::of(&case.stake, rule.floor, rule.ceiling);
    let exception = facts.policy.exceptions().iter().find(|exception| {
        exception.finding == rule.code.word()
            && case.subject.is_named(&exception.subject)
            && exception.accepts_on(facts.today())
    });
    Finding {
        code: rule.code,
        severity: inputs.severity(),
        inputs,
        case,
        status: if exception.is_some() { Status::Excepted } else { Status::Opened },
        first_seen: facts.now,
        exception: exception.cloned(),
    }
}
