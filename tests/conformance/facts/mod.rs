//! The facts, by what they are about.

mod audit_log;
mod authentication;
mod bodies;
mod client;
mod create;
mod delete;
mod functions;
mod ingestion;
mod key_object;
mod newer;
mod organization;
mod pages;
mod question;
mod rename;
mod routes;
mod scopes;
mod settings;
mod tokens;
mod update;

use crate::fact::Area;

pub(crate) const AREAS: &[Area] = &[
    Area { name: "authentication", title: "Who asks", facts: authentication::FACTS },
    Area { name: "scopes", title: "What each endpoint asks for", facts: scopes::FACTS },
    Area { name: "routes", title: "Paths and methods", facts: routes::FACTS },
    Area { name: "bodies", title: "Bodies and headers", facts: bodies::FACTS },
    Area { name: "pages", title: "Pages", facts: pages::FACTS },
    Area { name: "key-object", title: "How a client key is shown", facts: key_object::FACTS },
    Area { name: "create", title: "Making a client key", facts: create::FACTS },
    Area { name: "update", title: "Changing a client key", facts: update::FACTS },
    Area { name: "settings", title: "A client key's settings", facts: settings::FACTS },
    Area { name: "delete", title: "Deleting a client key", facts: delete::FACTS },
    Area { name: "rename", title: "Renamed and deleted projects", facts: rename::FACTS },
    Area { name: "question", title: "The DSN question", facts: question::FACTS },
    Area { name: "ingestion", title: "Ingestion", facts: ingestion::FACTS },
    Area { name: "organization", title: "Organizations and projects", facts: organization::FACTS },
    Area { name: "tokens", title: "Integrations and tokens", facts: tokens::FACTS },
    Area { name: "audit-log", title: "The audit log", facts: audit_log::FACTS },
    Area { name: "client", title: "The functions' client", facts: client::FACTS },
    Area { name: "rotate", title: "rotate-client-key at work", facts: functions::rotate::FACTS },
    Area { name: "retire", title: "retire-keys at work", facts: functions::retire::FACTS },
    Area { name: "revoke", title: "revoke-key at work", facts: functions::revoke::FACTS },
    Area { name: "audit", title: "audit-keys at work", facts: functions::audit::FACTS },
    Area { name: "newer", title: "Where newer versions differ", facts: newer::FACTS },
];
