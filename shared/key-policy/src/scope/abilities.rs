//! What each scope allows, in a phrase for people, and the endpoints that bear the phrase out.

mod organization;

/// What a token with one scope can do, with what that scope implies.
pub(super) struct Ability {
    pub(super) scope: &'static str,
    /// Complete: it says what the lower scopes of the family allow, too.
    pub(super) phrase: &'static str,
    /// One call for each thing that the phrase claims.
    pub(super) calls: &'static [&'static str],
}

/// One for each of `SCOPES`, in the order in which a sentence names them: what Sentry holds first, its sign-in last.
pub(super) fn abilities() -> impl Iterator<Item = &'static Ability> {
    PROJECTS.iter().chain(organization::ORGANIZATION)
}

const PROJECTS: &[Ability] = &[
    Ability {
        scope: "event:read",
        phrase: "read issues and events of every project",
        calls: &[
            "GET /api/0/organizations/{organization}/issues/",
            "GET /api/0/organizations/{organization}/issues/{issue}/events/",
        ],
    },
    Ability {
        scope: "event:write",
        phrase: "read issues and events of every project, change issues, and start automatic fixes",
        calls: &[
            "GET /api/0/organizations/{organization}/issues/{issue}/events/",
            "PUT /api/0/organizations/{organization}/issues/",
            "POST /api/0/organizations/{organization}/issues/{issue}/autofix/",
        ],
    },
    Ability {
        scope: "event:admin",
        phrase: "read issues and events of every project, change and delete issues, and start automatic fixes",
        calls: &[
            "GET /api/0/organizations/{organization}/issues/{issue}/events/",
            "PUT /api/0/organizations/{organization}/issues/",
            "DELETE /api/0/organizations/{organization}/issues/",
            "POST /api/0/organizations/{organization}/issues/{issue}/autofix/",
        ],
    },
    Ability {
        scope: "project:read",
        phrase: "read the settings, events and client keys of every project, change ownership rules, switch spike \
                 protection, and create projects",
        calls: &[
            "GET /api/0/projects/{organization}/{project}/",
            "GET /api/0/projects/{organization}/{project}/events/",
            "GET /api/0/projects/{organization}/{project}/keys/",
            "PUT /api/0/projects/{organization}/{project}/ownership/",
            "DELETE /api/0/organizations/{organization}/spike-protections/",
            "POST /api/0/organizations/{organization}/projects/",
        ],
    },
    Ability {
        scope: "project:write",
        phrase: "read the events of every project, create and change client keys and project settings, delete replays, \
                 create projects, and create and change releases",
        calls: &[
            "GET /api/0/projects/{organization}/{project}/events/",
            "POST /api/0/projects/{organization}/{project}/keys/",
            "PUT /api/0/projects/{organization}/{project}/keys/{key}/",
            "PUT /api/0/projects/{organization}/{project}/filters/{filter}/",
            "DELETE /api/0/projects/{organization}/{project}/replays/{replay}/",
            "POST /api/0/teams/{organization}/{team}/projects/",
            "POST /api/0/organizations/{organization}/releases/",
            "PUT /api/0/organizations/{organization}/releases/{version}/",
        ],
    },
    Ability {
        scope: "project:admin",
        phrase: "read the events of every project, create, change and delete client keys, project settings and releases, \
                 and delete whole projects",
        calls: &[
            "GET /api/0/projects/{organization}/{project}/events/",
            "POST /api/0/projects/{organization}/{project}/keys/",
            "PUT /api/0/projects/{organization}/{project}/keys/{key}/",
            "DELETE /api/0/projects/{organization}/{project}/keys/{key}/",
            "DELETE /api/0/projects/{organization}/{project}/symbol-sources/",
            "DELETE /api/0/organizations/{organization}/releases/{version}/",
            "DELETE /api/0/projects/{organization}/{project}/",
        ],
    },
    Ability {
        scope: "project:releases",
        phrase: "read, create, change and delete releases, source maps and debug files of every project",
        calls: &[
            "GET /api/0/organizations/{organization}/releases/",
            "POST /api/0/organizations/{organization}/releases/",
            "PUT /api/0/organizations/{organization}/releases/{version}/",
            "DELETE /api/0/organizations/{organization}/releases/{version}/",
            "POST /api/0/organizations/{organization}/artifactbundle/assemble/",
            "DELETE /api/0/projects/{organization}/{project}/files/dsyms/",
        ],
    },
    Ability {
        scope: "org:ci",
        phrase: "read, create and change releases, source maps and debug files of every project, and read the list of \
                 repositories",
        calls: &[
            "GET /api/0/organizations/{organization}/releases/",
            "POST /api/0/organizations/{organization}/releases/",
            "PUT /api/0/organizations/{organization}/releases/{version}/",
            "POST /api/0/organizations/{organization}/artifactbundle/assemble/",
            "POST /api/0/projects/{organization}/{project}/files/dsyms/",
            "GET /api/0/organizations/{organization}/repos/",
        ],
    },
    Ability {
        scope: "project:distribution",
        phrase: "read the latest distributed build of every project",
        calls: &["GET /api/0/projects/{organization}/{project}/preprodartifacts/build-distribution/latest/"],
    },
    Ability {
        scope: "alerts:read",
        phrase: "read the organization's detectors, workflows and monitors",
        calls: &[
            "GET /api/0/organizations/{organization}/detectors/",
            "GET /api/0/organizations/{organization}/workflows/",
            "GET /api/0/organizations/{organization}/monitors/",
        ],
    },
    Ability {
        scope: "alerts:write",
        phrase: "read, create, change and delete the organization's detectors, workflows and monitors, and so silence its \
                 alerts",
        calls: &[
            "GET /api/0/organizations/{organization}/detectors/",
            "POST /api/0/organizations/{organization}/projects/{project}/detectors/",
            "POST /api/0/organizations/{organization}/workflows/",
            "PUT /api/0/organizations/{organization}/workflows/{workflow}/",
            "DELETE /api/0/organizations/{organization}/detectors/{detector}/",
            "DELETE /api/0/organizations/{organization}/monitors/{monitor}/",
        ],
    },
];
