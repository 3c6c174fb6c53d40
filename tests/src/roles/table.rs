//! The rows, in the order of the template.

/// What a function does where a grant is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// The invocation fails with this code, and its sentence names the permission and what it is missed on.
    Fails(&'static str),
    /// The rest is done, and what could not be done is told here, with the permission.
    Tells(Told),
    /// No call of the function's own needs it: Lambda acts in its name.
    Lambda,
}

/// Where something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// In the reply.
    Reply,
    /// In the rows of the run's record.
    Record,
    /// Among what the report calls unknown.
    Report,
    /// In a line of the log, at WARN or ERROR.
    Log,
}

/// One grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The `Sid` of its statement.
    pub sid: &'static str,
    /// The action.
    pub action: &'static str,
    /// The resource: the last part of its ARN, with the names of parameters in the place of their values.
    pub on: &'static str,
    /// Which call needs it.
    pub needed: &'static str,
    /// What happens without it.
    pub without: Without,
}

/// A function and all that it is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// Its logical id in the template.
    pub id: &'static str,
    /// Its binary.
    pub name: &'static str,
    /// The scopes of its management token, and what for.
    pub scopes: &'static [(&'static str, &'static str)],
    /// Its grants.
    pub rows: &'static [Row],
}

/// The parameters that name the secrets of management tokens, in the template's order.
pub const TOKENS: [&str; 5] = [
    "RotationAuthSecretArn",
    "RetirementAuthSecretArn",
    "RevocationAuthSecretArn",
    "AuditAuthSecretArn",
    "DeletionAuthSecretArn",
];

const fn row(sid: &'static str, action: &'static str, on: &'static str, needed: &'static str, without: Without) -> Row {
    Row { sid, action, on, needed, without }
}

const STORE: Without = Without::Fails("Rotation.StoreUnavailable");
const EVIDENCE: Without = Without::Fails("Retirement.LedgerUnavailable");
const AUDIT_EVIDENCE: Without = Without::Fails("Audit.EvidenceUnavailable");
const LOG: Without = Without::Tells(Told::Log);
const RECORD: Without = Without::Tells(Told::Record);
const REPORT: Without = Without::Tells(Told::Report);
const REPLY: Without = Without::Tells(Told::Reply);
const NO_REPLACEMENT: Without = Without::Fails("Revocation.NoReplacement");

const EVENTS: &str = "each lifecycle event; it is lost, counted, and never fails the work";
const STREAM: &str = "Lambda itself, before the first line of a process";
const LINES: &str = "Lambda itself, for each line";
const QUEUE: &str = "Lambda itself, for an invocation that failed twice";
const OWN_TOKEN: &str = "the management token, in each invocation";
const MANAGED: &str = "secret:ManagedSecretNamePrefix*";
const BUS: &str = "event-bus/default";

/// Every function of the template.
pub const FUNCTIONS: [Granted; 4] = [
    Granted {
        id: "RotateClientKeyFunction",
        name: "rotate-client-key",
        scopes: &[("project:write", "to read, make and change keys of the project")],
        rows: &[
            row(
                "RotatedSecrets",
                "secretsmanager:DescribeSecret",
                "secret:*",
                "every step: rotation is on, and which version carries which label",
                STORE,
            ),
            row(
                "RotatedSecrets",
                "secretsmanager:GetSecretValue",
                "secret:*",
                "every step: the current and the pending value",
                STORE,
            ),
            row(
                "RotatedSecrets",
                "secretsmanager:ListSecretVersionIds",
                "secret:*",
                "createSecret, to count earlier attempts whose versions have lost their labels; without it those are not looked at",
                LOG,
            ),
            row("RotatedSecrets", "secretsmanager:PutSecretValue", "secret:*", "createSecret: the new value", STORE),
            row(
                "RotatedSecrets",
                "secretsmanager:UpdateSecretVersionStage",
                "secret:*",
                "finishSecret: AWSCURRENT moves",
                STORE,
            ),
            row("ManagementToken", "secretsmanager:GetSecretValue", "RotationAuthSecretArn", OWN_TOKEN, STORE),
            row("LifecycleEvents", "events:PutEvents", BUS, EVENTS, LOG),
            row(
                "OwnLogs",
                "logs:CreateLogStream",
                "log-group:/aws/lambda/STACK-rotate-client-key:*",
                STREAM,
                Without::Lambda,
            ),
            row(
                "OwnLogs",
                "logs:PutLogEvents",
                "log-group:/aws/lambda/STACK-rotate-client-key:*",
                LINES,
                Without::Lambda,
            ),
            row("KeyOfTheSecrets", "kms:Decrypt", "KmsKeyArn", "Secrets Manager, to give a value", STORE),
            row(
                "KeyOfTheSecrets",
                "kms:GenerateDataKey",
                "KmsKeyArn",
                "Secrets Manager, to store the new value",
                STORE,
            ),
        ],
    },
    Granted {
        id: "RetireKeysFunction",
        name: "retire-keys",
        scopes: &[("project:write", "to read, disable and enable keys")],
        rows: &[
            row("FindSecrets", "secretsmanager:ListSecrets", "*", "the managed secrets, their tags and labels", STORE),
            row(
                "SeeWhatBecameOfSecrets",
                "secretsmanager:DescribeSecret",
                MANAGED,
                "the look right before a key is disabled or deleted; secrets that are listed no more",
                RECORD,
            ),
            row(
                "ManagedSecrets",
                "secretsmanager:GetSecretValue",
                MANAGED,
                "which key a labelled version holds, where no earlier run has seen it; without it nothing is done to keys of that project",
                RECORD,
            ),
            row(
                "ManagedSecrets",
                "secretsmanager:ListSecretVersionIds",
                MANAGED,
                "whose key it is that bears the mark of a version without a label; frozen without",
                RECORD,
            ),
            row("ManagementToken", "secretsmanager:GetSecretValue", "RetirementAuthSecretArn", OWN_TOKEN, STORE),
            row(
                "DeletionToken",
                "secretsmanager:GetSecretValue",
                "DeletionAuthSecretArn",
                "the token that deletes, once a key is to be deleted",
                RECORD,
            ),
            row(
                "ListEvidence",
                "s3:ListBucket",
                "EvidenceBucket",
                "the records of a key; without it S3 calls what is not there denied",
                EVIDENCE,
            ),
            row(
                "LedgerAndState",
                "s3:GetObject",
                "EvidenceBucket/ledger/*",
                "the records of a key, before anything is done to it",
                EVIDENCE,
            ),
            row(
                "LedgerAndState",
                "s3:PutObject",
                "EvidenceBucket/ledger/*",
                "the next record of a key: what is not on record is not done",
                EVIDENCE,
            ),
            row(
                "LedgerAndState",
                "s3:GetObject",
                "EvidenceBucket/state/retire-keys.json",
                "what earlier runs remember",
                EVIDENCE,
            ),
            row(
                "LedgerAndState",
                "s3:PutObject",
                "EvidenceBucket/state/retire-keys.json",
                "what the next run shall remember",
                EVIDENCE,
            ),
            row("Runs", "s3:PutObject", "EvidenceBucket/runs/retire-keys/*", "the record of the run", EVIDENCE),
            row("FailedInvocations", "sqs:SendMessage", "STACK-retire-keys-failed", QUEUE, Without::Lambda),
            row("LifecycleEvents", "events:PutEvents", BUS, EVENTS, LOG),
            row(
                "OwnLogs",
                "logs:CreateLogStream",
                "log-group:/aws/lambda/STACK-retire-keys:*",
                STREAM,
                Without::Lambda,
            ),
            row("OwnLogs", "logs:PutLogEvents", "log-group:/aws/lambda/STACK-retire-keys:*", LINES, Without::Lambda),
            row("KeyOfTheSecrets", "kms:Decrypt", "KmsKeyArn", "Secrets Manager, to give a value", STORE),
            row("KeyOfTheEvidence", "kms:Decrypt", "KmsKeyArn", "S3, to give an object", EVIDENCE),
            row("KeyOfTheEvidence", "kms:GenerateDataKey", "KmsKeyArn", "S3, to store an object", EVIDENCE),
        ],
    },
    Granted {
        id: "RevokeKeyFunction",
        name: "revoke-key",
        scopes: &[("project:write", "to read and disable a key")],
        rows: &[
            row(
                "FindSecrets",
                "secretsmanager:ListSecrets",
                "*",
                "whether another secret holds the key as well; an emergency does not wait for it",
                LOG,
            ),
            row(
                "SeeWhatBecameOfSecrets",
                "secretsmanager:DescribeSecret",
                MANAGED,
                "which version of the secret carries which label",
                STORE,
            ),
            row("ManagedSecrets", "secretsmanager:GetSecretValue", MANAGED, "which key a version holds", STORE),
            row(
                "ManagedSecrets",
                "secretsmanager:ListSecretVersionIds",
                MANAGED,
                "whose key it is that no labelled version holds",
                STORE,
            ),
            row(
                "ManagedSecrets",
                "secretsmanager:RotateSecret",
                MANAGED,
                "another key for the applications",
                NO_REPLACEMENT,
            ),
            row(
                "PendingVersions",
                "secretsmanager:UpdateSecretVersionStage",
                MANAGED,
                "the end of a rotation that hangs, before another begins",
                NO_REPLACEMENT,
            ),
            row(
                "RotationFunction",
                "lambda:InvokeFunction",
                "function:STACK-rotate-client-key",
                "Secrets Manager asks this of whoever starts a rotation",
                NO_REPLACEMENT,
            ),
            row("ManagementToken", "secretsmanager:GetSecretValue", "RevocationAuthSecretArn", OWN_TOKEN, STORE),
            row(
                "ListEvidence",
                "s3:ListBucket",
                "EvidenceBucket",
                "the records of the key; the key is revoked all the same",
                REPLY,
            ),
            row(
                "MemoryOfRetirement",
                "s3:GetObject",
                "EvidenceBucket/state/retire-keys.json",
                "which key other secrets hold; without it each of them is read",
                LOG,
            ),
            row(
                "Ledger",
                "s3:GetObject",
                "EvidenceBucket/ledger/*",
                "the records of the key; the key is revoked all the same",
                REPLY,
            ),
            row(
                "Ledger",
                "s3:PutObject",
                "EvidenceBucket/ledger/*",
                "the record of the revocation; the key is revoked all the same",
                REPLY,
            ),
            row("LifecycleEvents", "events:PutEvents", BUS, EVENTS, LOG),
            row("OwnLogs", "logs:CreateLogStream", "log-group:/aws/lambda/STACK-revoke-key:*", STREAM, Without::Lambda),
            row("OwnLogs", "logs:PutLogEvents", "log-group:/aws/lambda/STACK-revoke-key:*", LINES, Without::Lambda),
            row("KeyOfTheSecrets", "kms:Decrypt", "KmsKeyArn", "Secrets Manager, to give a value", STORE),
            row(
                "KeyOfTheEvidence",
                "kms:Decrypt",
                "KmsKeyArn",
                "S3, to give an object; the key is revoked all the same",
                REPLY,
            ),
            row(
                "KeyOfTheEvidence",
                "kms:GenerateDataKey",
                "KmsKeyArn",
                "S3, to store an object; the key is revoked all the same",
                REPLY,
            ),
        ],
    },
    Granted {
        id: "AuditKeysFunction",
        name: "audit-keys",
        scopes: &[
            ("org:read", "to list the organization's projects, integrations and tokens"),
            ("project:read", "to list the keys of projects"),
        ],
        rows: &[
            row(
                "FindSecrets",
                "secretsmanager:ListSecrets",
                "*",
                "the managed secrets, their tags, labels and dates",
                STORE,
            ),
            row(
                "ManagedSecrets",
                "secretsmanager:DescribeSecret",
                MANAGED,
                "how the copies of a replicated secret are",
                REPORT,
            ),
            row("ManagedSecrets", "secretsmanager:GetSecretValue", MANAGED, "what a labelled version holds", REPORT),
            row(
                "ManagementToken",
                "secretsmanager:DescribeSecret",
                "AuditAuthSecretArn",
                "the audit's own token, which is reviewed first",
                STORE,
            ),
            row("ManagementToken", "secretsmanager:GetSecretValue", "AuditAuthSecretArn", OWN_TOKEN, STORE),
            row(
                "RotationToken",
                "secretsmanager:DescribeSecret",
                "RotationAuthSecretArn",
                "the age of the token of rotate-client-key",
                REPORT,
            ),
            row(
                "RotationToken",
                "secretsmanager:GetSecretValue",
                "RotationAuthSecretArn",
                "what that token may do: Sentry is asked with it",
                REPORT,
            ),
            row(
                "RetirementToken",
                "secretsmanager:DescribeSecret",
                "RetirementAuthSecretArn",
                "the age of the token of retire-keys",
                REPORT,
            ),
            row(
                "RetirementToken",
                "secretsmanager:GetSecretValue",
                "RetirementAuthSecretArn",
                "what that token may do",
                REPORT,
            ),
            row(
                "RevocationToken",
                "secretsmanager:DescribeSecret",
                "RevocationAuthSecretArn",
                "the age of the token of revoke-key",
                REPORT,
            ),
            row(
                "RevocationToken",
                "secretsmanager:GetSecretValue",
                "RevocationAuthSecretArn",
                "what that token may do",
                REPORT,
            ),
            row(
                "DeletionToken",
                "secretsmanager:DescribeSecret",
                "DeletionAuthSecretArn",
                "the age of the token that deletes",
                REPORT,
            ),
            row(
                "DeletionToken",
                "secretsmanager:GetSecretValue",
                "DeletionAuthSecretArn",
                "what that token may do",
                REPORT,
            ),
            row(
                "ListEvidence",
                "s3:ListBucket",
                "EvidenceBucket",
                "the records of retirement; without it S3 calls what is not there denied",
                AUDIT_EVIDENCE,
            ),
            row(
                "ReviewsAndState",
                "s3:GetObject",
                "EvidenceBucket/reviews/*",
                "the previous review, with which this one is compared",
                AUDIT_EVIDENCE,
            ),
            row(
                "ReviewsAndState",
                "s3:PutObject",
                "EvidenceBucket/reviews/*",
                "the files of the review, the manifest last",
                AUDIT_EVIDENCE,
            ),
            row(
                "ReviewsAndState",
                "s3:GetObject",
                "EvidenceBucket/state/audit-keys*",
                "what earlier audits remember",
                AUDIT_EVIDENCE,
            ),
            row(
                "ReviewsAndState",
                "s3:PutObject",
                "EvidenceBucket/state/audit-keys*",
                "what the next audit shall remember",
                AUDIT_EVIDENCE,
            ),
            row(
                "RunsOfRetirement",
                "s3:GetObject",
                "EvidenceBucket/runs/retire-keys/*",
                "whose superseded keys are",
                AUDIT_EVIDENCE,
            ),
            row("FailedInvocations", "sqs:SendMessage", "STACK-audit-keys-failed", QUEUE, Without::Lambda),
            row("LifecycleEvents", "events:PutEvents", BUS, EVENTS, LOG),
            row("OwnLogs", "logs:CreateLogStream", "log-group:/aws/lambda/STACK-audit-keys:*", STREAM, Without::Lambda),
            row("OwnLogs", "logs:PutLogEvents", "log-group:/aws/lambda/STACK-audit-keys:*", LINES, Without::Lambda),
            row("KeyOfTheSecrets", "kms:Decrypt", "KmsKeyArn", "Secrets Manager, to give a value", STORE),
            row("KeyOfTheEvidence", "kms:Decrypt", "KmsKeyArn", "S3, to give an object", AUDIT_EVIDENCE),
            row("KeyOfTheEvidence", "kms:GenerateDataKey", "KmsKeyArn", "S3, to store an object", AUDIT_EVIDENCE),
        ],
    },
];
