//! Teams, members, the organization itself, and sign-in.

use super::Ability;

pub(super) const ORGANIZATION: &[Ability] = &[
    Ability {
        scope: "team:read",
        phrase: "read teams and their members",
        calls: &["GET /api/0/teams/{organization}/{team}/", "GET /api/0/teams/{organization}/{team}/members/"],
    },
    Ability {
        scope: "team:write",
        phrase: "read, create and change teams, and put people into them",
        calls: &[
            "GET /api/0/teams/{organization}/{team}/members/",
            "POST /api/0/organizations/{organization}/teams/",
            "PUT /api/0/teams/{organization}/{team}/",
            "POST /api/0/organizations/{organization}/members/{member}/teams/{team}/",
        ],
    },
    Ability {
        scope: "team:admin",
        phrase: "read, create, change and delete teams, and put people into them",
        calls: &[
            "GET /api/0/teams/{organization}/{team}/members/",
            "POST /api/0/organizations/{organization}/teams/",
            "PUT /api/0/teams/{organization}/{team}/",
            "DELETE /api/0/teams/{organization}/{team}/",
            "POST /api/0/organizations/{organization}/members/{member}/teams/{team}/",
        ],
    },
    Ability {
        scope: "member:read",
        phrase: "read the organization's members",
        calls: &["GET /api/0/organizations/{organization}/members/"],
    },
    Ability {
        scope: "member:invite",
        phrase: "read and change the organization's members, and invite new ones",
        calls: &[
            "GET /api/0/organizations/{organization}/members/",
            "PUT /api/0/organizations/{organization}/members/{member}/",
            "POST /api/0/organizations/{organization}/members/",
        ],
    },
    Ability {
        scope: "member:write",
        phrase: "read, invite and change the organization's members, and create them by SCIM",
        calls: &[
            "GET /api/0/organizations/{organization}/members/",
            "POST /api/0/organizations/{organization}/members/",
            "PUT /api/0/organizations/{organization}/members/{member}/",
            "POST /api/0/organizations/{organization}/scim/v2/Users",
        ],
    },
    Ability {
        scope: "member:admin",
        phrase: "read, invite, change and remove the organization's members",
        calls: &[
            "GET /api/0/organizations/{organization}/members/",
            "POST /api/0/organizations/{organization}/members/",
            "PUT /api/0/organizations/{organization}/members/{member}/",
            "DELETE /api/0/organizations/{organization}/scim/v2/Users/{member}",
        ],
    },
    Ability {
        scope: "org:read",
        phrase: "read the organization's settings, projects, client keys, events, replays and teams, create, change and delete its \
                 dashboards, saved queries and notification actions, and change and delete its detectors",
        calls: &[
            "GET /api/0/organizations/{organization}/",
            "GET /api/0/organizations/{organization}/projects/",
            "GET /api/0/organizations/{organization}/project-keys/",
            "GET /api/0/organizations/{organization}/events/",
            "GET /api/0/organizations/{organization}/replays/",
            "GET /api/0/organizations/{organization}/teams/",
            "POST /api/0/organizations/{organization}/dashboards/",
            "PUT /api/0/organizations/{organization}/dashboards/{dashboard}/",
            "DELETE /api/0/organizations/{organization}/discover/saved/{query}/",
            "DELETE /api/0/organizations/{organization}/notifications/actions/{action}/",
            "PUT /api/0/organizations/{organization}/detectors/{detector}/",
            "DELETE /api/0/organizations/{organization}/detectors/{detector}/",
        ],
    },
    Ability {
        scope: "org:write",
        phrase: "read and change the organization's settings, read its client keys, events, replays and audit log, forward its \
                 data elsewhere, create and change integrations, and create, change and delete its dashboards, notification \
                 actions and workflows",
        calls: &[
            "GET /api/0/organizations/{organization}/project-keys/",
            "GET /api/0/organizations/{organization}/events/",
            "GET /api/0/organizations/{organization}/replays/",
            "PUT /api/0/organizations/{organization}/",
            "GET /api/0/organizations/{organization}/audit-logs/",
            "POST /api/0/organizations/{organization}/forwarding/",
            "POST /api/0/sentry-apps/",
            "PUT /api/0/sentry-apps/{integration}/",
            "POST /api/0/organizations/{organization}/dashboards/",
            "PUT /api/0/organizations/{organization}/notifications/actions/{action}/",
            "POST /api/0/organizations/{organization}/workflows/",
            "DELETE /api/0/organizations/{organization}/workflows/{workflow}/",
        ],
    },
    Ability {
        scope: "org:admin",
        phrase: "read and change the organization's settings, read its client keys, events, replays and audit log, forward its \
                 data elsewhere, create, change and delete integrations, create legacy API keys, and create, change and delete \
                 its dashboards, notification actions and workflows",
        calls: &[
            "GET /api/0/organizations/{organization}/project-keys/",
            "GET /api/0/organizations/{organization}/events/",
            "GET /api/0/organizations/{organization}/replays/",
            "PUT /api/0/organizations/{organization}/",
            "GET /api/0/organizations/{organization}/audit-logs/",
            "POST /api/0/organizations/{organization}/forwarding/",
            "POST /api/0/sentry-apps/",
            "PUT /api/0/sentry-apps/{integration}/",
            "DELETE /api/0/sentry-apps/{integration}/",
            "POST /api/0/organizations/{organization}/api-keys/",
            "POST /api/0/organizations/{organization}/dashboards/",
            "PUT /api/0/organizations/{organization}/notifications/actions/{action}/",
            "POST /api/0/organizations/{organization}/workflows/",
            "DELETE /api/0/organizations/{organization}/workflows/{workflow}/",
        ],
    },
    Ability {
        scope: "org:integrations",
        phrase: "read the organization's integrations and repositories, and remove integrations",
        calls: &[
            "GET /api/0/organizations/{organization}/integrations/",
            "GET /api/0/organizations/{organization}/repos/",
            "DELETE /api/0/organizations/{organization}/integrations/{integration}/",
        ],
    },
    // No endpoint of the table asks for the three: they are what an OAuth application learns of who signs in.
    Ability { scope: "openid", phrase: "learn who signed in", calls: &[] },
    Ability { scope: "profile", phrase: "learn the name of who signed in", calls: &[] },
    Ability { scope: "email", phrase: "learn the e-mail address of who signed in", calls: &[] },
];
