//! Client keys of many projects at once, where the server has such a list.

use crate::api::Api;
use crate::error::{Error, Kind};
use crate::key::ClientKey;
use crate::page::List;
use crate::project::Organization;

const OPERATION: &str = "GET /organizations/{org}/project-keys/";

/// How many projects one call names: with ids of sixteen digits a URL of two and a half thousand characters.
const PROJECTS_PER_CALL: usize = 100;

impl Api<'_> {
    /// Every key, active or not, of the projects with these numeric ids; `None` where the server has no such list, as
    /// 23.7.1 has none (facts/sentry-23.7.1-observed.md, A3.32): then ask each project with [`Api::keys`].
    ///
    /// Without a project in the question Sentry would answer for those of its own choice (facts/sentry-api.md section
    /// 1.1): no projects have no keys, and nothing is asked. It needs `org:read`, and no scope for projects.
    ///
    /// # Errors
    /// [`Error`], as of the first page that fails. A 404 to a later call than the first is an error: the list is there.
    pub async fn organization_keys(
        &self,
        organization: &Organization,
        projects: &[u64],
    ) -> Result<Option<Vec<ClientKey>>, Error> {
        let mut keys = Vec::new();
        for (number, some) in projects.chunks(PROJECTS_PER_CALL).enumerate() {
            let ids: Vec<String> = some.iter().map(u64::to_string).collect();
            let query: Vec<(&str, &str)> = ids.iter().map(|id| ("project", id.as_str())).collect();
            let segments = ["organizations", &organization.slug, "project-keys"];
            match self.all::<ClientKey>(List { operation: OPERATION, segments: &segments, query: &query }).await {
                // A server that does not know the parameter answers for every project each time.
                Ok(found) => keys.extend(found.into_iter().filter(|key| some.contains(&key.project_id))),
                Err(error) if number == 0 && *error.kind() == Kind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(Some(keys))
    }
}
