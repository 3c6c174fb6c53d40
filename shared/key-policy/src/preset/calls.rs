//! The calls that each preset is for. Its scopes follow from them.

use super::Preset;

impl Preset {
    /// The calls that a token for this purpose makes, `GET /api/0/projects/{organization}/{project}/keys/`; none for client keys,
    /// which make none. Each is in the table of endpoints.
    #[must_use]
    pub const fn calls(self) -> &'static [&'static str] {
        match self {
            Self::SdkStoreOnly | Self::SdkClientSide => &[],
            Self::CiRelease => &[
                "POST /api/0/organizations/{organization}/releases/",
                "PUT /api/0/organizations/{organization}/releases/{version}/",
                "POST /api/0/organizations/{organization}/releases/{version}/deploys/",
                "GET /api/0/organizations/{organization}/chunk-upload/",
                "POST /api/0/organizations/{organization}/chunk-upload/",
                "POST /api/0/organizations/{organization}/artifactbundle/assemble/",
                "POST /api/0/projects/{organization}/{project}/files/difs/assemble/",
                "GET /api/0/organizations/{organization}/repos/",
            ],
            Self::MonitorReadEvents => &[
                "GET /api/0/organizations/{organization}/issues/",
                "GET /api/0/organizations/{organization}/issues/{issue}/",
                "GET /api/0/organizations/{organization}/issues/{issue}/events/",
                "GET /api/0/organizations/{organization}/issues/{issue}/events/{event}/",
            ],
            Self::AlertReader => &[
                "GET /api/0/organizations/{organization}/detectors/",
                "GET /api/0/organizations/{organization}/workflows/",
                "GET /api/0/organizations/{organization}/monitors/",
            ],
            Self::KeyRotator => &[
                "GET /api/0/",
                "GET /api/0/organizations/{organization}/",
                "GET /api/0/organizations/{organization}/projects/",
                "GET /api/0/projects/{organization}/{project}/",
                "GET /api/0/projects/{organization}/{project}/keys/",
                "POST /api/0/projects/{organization}/{project}/keys/",
                "GET /api/0/projects/{organization}/{project}/keys/{key}/",
                "PUT /api/0/projects/{organization}/{project}/keys/{key}/",
                "GET /api/0/projects/{organization}/{project}/keys/{key}/stats/",
            ],
            Self::KeyDeleter => &[
                "GET /api/0/",
                "GET /api/0/projects/{organization}/{project}/keys/{key}/",
                "DELETE /api/0/projects/{organization}/{project}/keys/{key}/",
            ],
            Self::AuditorRead => &[
                "GET /api/0/",
                "GET /api/0/organizations/{organization}/",
                "GET /api/0/organizations/{organization}/projects/",
                "GET /api/0/organizations/{organization}/project-keys/",
                "GET /api/0/organizations/{organization}/sentry-apps/",
                "GET /api/0/organizations/{organization}/sentry-app-installations/",
                "GET /api/0/projects/{organization}/{project}/",
                "GET /api/0/projects/{organization}/{project}/keys/",
                "GET /api/0/projects/{organization}/{project}/keys/{key}/",
                "GET /api/0/projects/{organization}/{project}/keys/{key}/stats/",
            ],
        }
    }
}
