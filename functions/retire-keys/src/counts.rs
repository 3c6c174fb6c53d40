//! How many events the old and the new key sent.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use key_lifecycle::{Day, Traffic};
use sentry_client::{Api, Error, KeyCount, Project, Resolution};

/// The longest window that is counted by the hour; longer ones are counted by the day.
const HOURLY: Duration = Duration::from_secs(7 * 86_400);

/// The events of both keys in the window that ends now, by day (UTC). Without a new key, nothing has moved to it.
pub(crate) async fn count(
    api: &Api<'_>,
    project: &Project,
    old: &str,
    new: Option<&str>,
    now: Timestamp,
    window: Duration,
) -> Result<Traffic, Error> {
    let resolution = if window <= HOURLY { Resolution::Hour } else { Resolution::Day };
    let since = SignedDuration::try_from(window).ok().and_then(|window| now.checked_sub(window).ok()).unwrap_or(now);
    let mut days: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for bucket in api.key_stats(project, old, since, now, resolution).await? {
        let (old, _) = days.entry(day(&bucket)).or_default();
        *old = old.saturating_add(bucket.events);
    }
    if let Some(new) = new {
        for bucket in api.key_stats(project, new, since, now, resolution).await? {
            let (_, new) = days.entry(day(&bucket)).or_default();
            *new = new.saturating_add(bucket.events);
        }
    }
    let days = days.into_iter().filter(|(_, counts)| *counts != (0, 0));
    Ok(Traffic { days: days.map(|(day, (old, new))| Day { day, old, new }).collect() })
}

fn day(bucket: &KeyCount) -> String {
    TimeZone::UTC.to_datetime(Timestamp::from_second(bucket.start).unwrap_or_default()).date().to_string()
}
