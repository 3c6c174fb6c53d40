//! An organization in which the audit finds nothing, to be spoiled in one place.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::findings::{Code, Finding};
use crate::inventory::{
    ActsAs, Answer, ClientKey, Holds, Integration, Organization, OrganizationToken, Ownership, Project, Reviews,
    Rotation, Said, Secret, Token, Version,
};
use crate::{
    Facts, Judged, Kind, Organizational, Policy, RateLimit, ScopeSet, judge_own, judge_project, judge_rest,
    parse_duration,
};

pub(super) const NOW: &str = "2026-11-26T12:00:00Z";
pub(super) const CURRENT: &str = "11111111111111111111111111111111";
pub(super) const PREVIOUS: &str = "00000000000000000000000000000000";
pub(super) const PROJECT: u64 = 42;

const POLICY: &str = r##"version = 1
mode = "act"

[defaults]
owner = "web-team"
contact = "#web-team"
rationale = "A quarter bounds a leak."
interval = "90d"
warn = "14d"

[use_case.sdk]
kind = "client-key"
preset = "sdk-store-only"
grace = "7d"
exposure = "server"

[use_case.page]
kind = "client-key"
preset = "sdk-store-only"
exposure = "browser"
grace = "7d"
grace_max = "30d"
at_grace_max = "keep"

[use_case.app]
kind = "client-key"
preset = "sdk-store-only"
exposure = "mobile"
grace = "7d"
grace_max = "30d"
at_grace_max = "keep"

[use_case.reader]
kind = "integration-token"
preset = "monitor-read-events"

[use_case.manager]
kind = "integration-token"
preset = "key-rotator"
"##;

#[derive(Debug)]
pub(super) struct Given {
    pub(super) policy: String,
    pub(super) now: Timestamp,
    pub(super) of: Organizational,
    pub(super) projects: Vec<Project>,
}

/// What a rule says of all subjects together: the gravest that it says of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    NotMeant,
    Fine,
    Unknown,
    Excepted,
    Found,
}

pub(super) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub(super) fn span(text: &str) -> Duration {
    parse_duration(text).unwrap()
}

/// So long before the moment of the review.
pub(super) fn ago(text: &str) -> Option<Timestamp> {
    Some(now().checked_sub(SignedDuration::try_from(span(text)).unwrap()).unwrap())
}

/// So long after it.
pub(super) fn ahead(text: &str) -> Option<Timestamp> {
    Some(now().checked_add(SignedDuration::try_from(span(text)).unwrap()).unwrap())
}

pub(super) fn key(id: &str, ownership: Ownership) -> ClientKey {
    ClientKey {
        id: id.to_owned(),
        label: "sentry/web [0123456/01234567]".to_owned(),
        active: true,
        rate_limit: RateLimit::new(500, 60).ok(),
        created: ago("10d"),
        ownership,
    }
}

pub(super) fn dsn(id: &str) -> Holds {
    Holds::Key { id: id.to_owned(), project: PROJECT, secret_part: false, token: false }
}

pub(super) fn version(id: &str, created: Option<Timestamp>, holds: Holds) -> Version {
    Version { id: id.to_owned(), created, holds }
}

pub(super) fn arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}-AbCdEf")
}

/// A secret with a DSN, of which nothing is wrong.
pub(super) fn secret(name: &str) -> Secret {
    Secret {
        arn: arn(name),
        name: name.to_owned(),
        kind: Said::Known(Kind::ClientKey),
        use_case: Some("sdk".to_owned()),
        owner: Some("web-team".to_owned()),
        consumers: Some("shop".to_owned()),
        created: ago("100d"),
        last_accessed: ago("1d"),
        rotation: Rotation {
            enabled: true,
            function: Some("arn:aws:lambda:eu-west-1:123456789012:function:rotate-client-key".to_owned()),
            last: ago("10d"),
            next: ahead("80d"),
            schedule: Some("rate(90 days)".to_owned()),
        },
        current: Some(version("v2", ago("10d"), dsn(CURRENT))),
        pending: None,
        previous: Some(version("v1", ago("100d"), dsn(PREVIOUS))),
        replicas: Some(Vec::new()),
        replica_of: None,
        scheduled_for_deletion: false,
        remembered_project: None,
    }
}

pub(super) fn scopes(text: &str) -> ScopeSet {
    ScopeSet::of(text.split(", ").filter(|scope| !scope.is_empty()))
}

/// Sentry takes it, for an integration of that slug.
pub(super) fn alive(carried: &str, slug: &str) -> Answer {
    let proxy_user = format!("{slug}-01234567-89ab-cdef-0123-456789abcdef");
    Answer::Alive { scopes: scopes(carried), acts_as: ActsAs::Integration(proxy_user) }
}

/// The token of an application that reads issues, as its use case says.
pub(super) fn reader(carried: &str) -> Token {
    Token {
        secret_arn: arn("reader"),
        secret_name: "reader".to_owned(),
        function: None,
        kind: Said::Known(Kind::IntegrationToken),
        use_case: Some("reader".to_owned()),
        owner: None,
        shape: None,
        answer: alive(carried, "reader"),
        stored: ago("10d"),
    }
}

/// The token of a function of this system.
pub(super) fn own(function: &'static str, carried: &str) -> Token {
    Token {
        secret_arn: arn(function),
        secret_name: function.to_owned(),
        function: Some(function),
        kind: Said::Nothing,
        use_case: None,
        owner: None,
        shape: None,
        answer: alive(carried, "sentry-audit"),
        stored: ago("10d"),
    }
}

pub(super) fn integration(slug: &str, carried: &str) -> Integration {
    Integration {
        slug: slug.to_owned(),
        name: slug.to_owned(),
        status: "internal".to_owned(),
        scopes: scopes(carried),
        installed: Some(true),
    }
}

pub(super) fn organization_token(carried: &str) -> OrganizationToken {
    OrganizationToken {
        id: "77".to_owned(),
        name: "ci".to_owned(),
        scopes: scopes(carried),
        created: ago("10d"),
        last_used: None,
    }
}

impl Given {
    pub(super) fn nothing_wrong() -> Self {
        let previous = ClientKey { active: false, created: ago("100d"), ..key(PREVIOUS, Ownership::Previous) };
        let project = Project {
            id: PROJECT,
            slug: "web".to_owned(),
            offers_rate_limits: Some(true),
            allowed_domains: Some(vec!["https://example.com".to_owned()]),
            keys: Some(vec![key(CURRENT, Ownership::Current), previous]),
        };
        let of = Organizational {
            organization: Organization { id: 7, slug: "acme".to_owned() },
            secrets: vec![secret("sentry/web")],
            tokens: vec![own("audit-keys", "org:read, project:read")],
            integrations: Some(vec![integration("sentry-audit", "org:read, project:read")]),
            organization_tokens: Some(Vec::new()),
            reviews: Reviews::default(),
            all_projects_listed: true,
        };
        Self { policy: POLICY.to_owned(), now: now(), of, projects: vec![project] }
    }

    #[track_caller]
    pub(super) fn in_policy(&mut self, from: &str, to: &str) {
        assert!(self.policy.contains(from), "{from}");
        self.policy = self.policy.replacen(from, to, 1);
    }

    pub(super) fn add_to_policy(&mut self, text: &str) {
        self.policy.push('\n');
        self.policy.push_str(text);
    }

    pub(super) fn except(&mut self, finding: &str, subject: &str, until: &str, people: (&str, &str)) {
        let (requester, approver) = people;
        self.add_to_policy(&format!(
            "[[exception]]\nfinding = \"{finding}\"\nsubject = \"{subject}\"\nreason = \"r\"\nrequester = \"{requester}\"\n\
            approver = \"{approver}\"\nticket = \"OPS-1\"\nuntil = \"{until}\"\n"
        ));
    }

    pub(super) fn secret(&mut self) -> &mut Secret {
        &mut self.of.secrets[0]
    }

    pub(super) fn project(&mut self) -> &mut Project {
        &mut self.projects[0]
    }

    /// The current key.
    pub(super) fn key(&mut self) -> &mut ClientKey {
        &mut self.projects[0].keys.as_mut().unwrap()[0]
    }

    pub(super) fn previous_key(&mut self) -> &mut ClientKey {
        &mut self.projects[0].keys.as_mut().unwrap()[1]
    }

    /// A key that no secret holds.
    pub(super) fn add_key(&mut self, ownership: Ownership) -> &mut ClientKey {
        let keys = self.projects[0].keys.as_mut().unwrap();
        keys.push(key("22222222222222222222222222222222", ownership));
        keys.last_mut().unwrap()
    }

    pub(super) fn current(&mut self) -> &mut Version {
        self.secret().current.as_mut().unwrap()
    }

    /// The reader's token, with the secret that holds it.
    pub(super) fn add_reader(&mut self, carried: &str) -> &mut Token {
        let mut secret = secret("reader");
        secret.kind = Said::Known(Kind::IntegrationToken);
        secret.use_case = Some("reader".to_owned());
        secret.current = Some(version("v1", ago("10d"), Holds::Token));
        secret.previous = None;
        self.of.secrets.push(secret);
        self.of.tokens.push(reader(carried));
        self.of.tokens.last_mut().unwrap()
    }

    /// The answer of the audit's own token.
    pub(super) fn own_answer(&mut self) -> &mut Answer {
        &mut self.of.tokens[0].answer
    }

    #[track_caller]
    pub(super) fn judged(&self) -> Judged {
        let policy = Policy::parse(&self.policy, "given.toml").unwrap();
        let facts = Facts::new(&policy, self.now, &self.of);
        let mut all = Judged::default();
        let mut seen = BTreeSet::new();
        let own = judge_own(&facts);
        all.findings.extend(own.findings);
        all.tally.add(&own.tally);
        for project in &self.projects {
            seen.insert(project.id);
            let part = judge_project(&facts, project);
            all.findings.extend(part.findings);
            all.tally.add(&part.tally);
        }
        let rest = judge_rest(&facts, &seen);
        all.findings.extend(rest.findings);
        all.tally.add(&rest.tally);
        all
    }

    #[track_caller]
    pub(super) fn says(&self, code: Code) -> Says {
        let count = self.judged().tally.count(code);
        match () {
            () if count.found > 0 => Says::Found,
            () if count.excepted > 0 => Says::Excepted,
            () if count.unknown > 0 => Says::Unknown,
            () if count.fine > 0 => Says::Fine,
            () => Says::NotMeant,
        }
    }

    /// The one finding with this code.
    #[track_caller]
    pub(super) fn finding(&self, code: Code) -> Finding {
        let mut found: Vec<_> = self.judged().findings.into_iter().filter(|finding| finding.code == code).collect();
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    }
}

/// One row: what was spoiled, how, and what the rule says then.
pub(super) type Row = (&'static str, fn(&mut Given), Says);

#[track_caller]
pub(super) fn check(code: Code, rows: &[Row]) {
    for (sentence, spoil, expected) in rows {
        let mut given = Given::nothing_wrong();
        spoil(&mut given);
        assert_eq!(given.says(code), *expected, "{code}: {sentence}");
    }
}
