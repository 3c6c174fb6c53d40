//! Giving applications another key before theirs is revoked.

use std::time::Duration;

use function_kit::Failure;
use secret_store::{Kind, SecretStore, Stage};
use tokio::time::{Instant, sleep};

use crate::event::Order;
use crate::failure::ROLE;
use crate::target::{Seen, in_words};

/// How often the labels are looked at while a rotation runs.
const INTERVAL: Duration = Duration::from_secs(2);

/// The first looks come sooner: a rotation that needs no waiting is over in a second.
const FIRST: Duration = Duration::from_millis(250);

/// Clears the way, starts a rotation and waits until AWSCURRENT holds another key. Gives back the secret as it is then.
///
/// `token` becomes the id of the new version. `until` is the moment after which there would be no time for the rest.
///
/// # Errors
/// `Revocation.NoReplacement`, saying why there is no new key.
pub(crate) async fn replace(
    store: &SecretStore,
    order: &Order,
    mut seen: Seen,
    token: &str,
    until: Instant,
) -> Result<Seen, Failure> {
    let arn = seen.description.arn.clone();
    if !seen.description.rotation_enabled {
        return Err(none(order, "rotation is not enabled for this secret"));
    }
    clear_pending(store, order, &seen).await?;
    if let Err(error) = store.start_rotation(&arn, token).await {
        return Err(match error.kind() {
            Kind::Rejected => none(order, "Secrets Manager does not start a rotation of this secret").because(error),
            Kind::NotFound
            | Kind::ValueExists
            | Kind::LabelMoved
            | Kind::Denied
            | Kind::Throttled
            | Kind::Unavailable => none(order, "a rotation could not be started").because(in_words(error)),
        });
    }
    tracing::info!(secret.arn = arn, rotation.version = token, "a rotation was started");
    let mut wait = FIRST;
    loop {
        if Instant::now() + wait > until {
            return Err(none(order, "the rotation did not come to its end in time: see the log of rotate-client-key"));
        }
        // Secrets Manager tells nobody when a rotation is over: the labels have to be asked.
        sleep(wait).await;
        wait = (wait * 2).min(INTERVAL);
        seen = match Seen::look(store, &arn, Some(&seen)).await? {
            Some(seen) => seen,
            None => return Err(none(order, "the secret was deleted")),
        };
        match seen.key_at(Stage::Current) {
            Some(current) if current != order.key_id => return Ok(seen),
            Some(_) | None => {}
        }
    }
}

/// Takes AWSPENDING off a version that is not current: an unfinished rotation keeps another from beginning, and what is
/// pending may be the very key that is to be revoked.
pub(crate) async fn clear_pending(store: &SecretStore, order: &Order, seen: &Seen) -> Result<(), Failure> {
    let Some(pending) = seen.version_at(Stage::Pending) else {
        return Ok(());
    };
    if seen.description.has_stage(pending, Stage::Current) {
        return Ok(());
    }
    match store.remove_pending(&seen.description.arn, pending).await {
        // It was moved or taken away meanwhile: that is as good.
        Err(error) if error.kind() == Kind::LabelMoved => Ok(()),
        Err(error) => Err(none(order, "an unfinished rotation could not be cleared").because(in_words(error))),
        Ok(()) => {
            tracing::info!(
                secret.arn = seen.description.arn,
                rotation.version = pending,
                "a pending version was cleared"
            );
            Ok(())
        }
    }
}

/// AWSCURRENT moved back to the key while that was being disabled; `what` became of the key then.
pub(crate) fn came_back(order: &Order, what: &str) -> Failure {
    Failure::new(
        "Revocation.NoReplacement",
        format!(
            "AWSCURRENT of {} came back to {} while that key was being disabled, {what}",
            order.secret_id, order.key_id
        ),
    )
}

/// Applications of another secret read the key as well.
pub(crate) fn read_elsewhere(order: &Order, other: &str) -> Failure {
    Failure::new(
        "Revocation.NoReplacement",
        format!(
            "{} is also what applications read from {other}, where somebody stored it; nothing was disabled; rotate that secret \
             first and {}, or add \"allow_outage\": true to revoke the key although events of those applications are lost",
            order.key_id, ROLE.again
        ),
    )
}

/// The refusal to revoke a key without another one for the applications.
pub(crate) fn none(order: &Order, why: &str) -> Failure {
    Failure::new(
        "Revocation.NoReplacement",
        format!(
            "{} is what applications read from {}, and they have no other key: {why}; nothing was disabled; mend that and \
             {}, or add \"allow_outage\": true to revoke the key although events are lost until there is a new one",
            order.key_id, order.secret_id, ROLE.again
        ),
    )
}
