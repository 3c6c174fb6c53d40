//! The loop: observe, decide, act, until the step is done.

use std::future::Future;

use crate::decision::{Decision, Effect, Notice, decide};
use crate::observation::Observed;
use crate::refusal::Refusal;
use crate::step::Step;

/// More turns than any step needs: create, store and see takes three, and each effect may have one unclear answer.
const MAX_TURNS: usize = 10;

/// The side of the loop that touches the world.
pub trait World {
    /// Why an observation or an effect failed.
    type Error;

    /// Looks at everything that `step` decides about. Reads only.
    fn observe(&mut self, step: Step) -> impl Future<Output = Result<Observed, Self::Error>>;

    /// Carries out one effect. It makes no choices: what to do was decided.
    fn apply(&mut self, effect: Effect) -> impl Future<Output = Result<(), Self::Error>>;

    /// What the failure of an effect leaves open.
    fn aftermath(&self, error: &Self::Error) -> Aftermath;
}

/// What is known of an effect that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aftermath {
    /// It may have been carried out: its answer is lost. Looking again tells.
    Unclear,
    /// Another invocation was quicker. Looking again shows what it did.
    Overtaken,
    /// It was not carried out, and looking again does not help.
    Final,
}

/// How a step ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// This call, or an earlier one, did the step's work.
    Done,
    /// The version was AWSCURRENT before the call.
    AlreadyDone,
}

/// A step that ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// How it ended.
    pub outcome: Outcome,
    /// What it did, in order.
    pub effects: Vec<Effect>,
    /// What an operator should read.
    pub notices: Vec<Notice>,
}

/// A step that did not end well.
#[derive(Debug, PartialEq, Eq)]
pub enum Stopped<E> {
    /// The decision was to refuse.
    Refused(Refusal),
    /// The world failed.
    Failed(E),
    /// The loop did not come to an end: the world does not keep what it is told.
    NoProgress,
}

/// Runs one step to its end.
///
/// An effect whose answer is lost is looked up, not repeated blindly; after that look it may be repeated once, except the
/// making of a key: a request that arrives late would make another.
///
/// # Errors
/// [`Stopped`] says why the step did not reach its end. A later call of the same step with the same version continues
/// where this one stopped.
pub async fn run<W: World>(step: Step, world: &mut W) -> Result<Finished, Stopped<W::Error>> {
    let mut effects = Vec::new();
    let mut failed = Vec::new();
    let mut unclear: Option<(Effect, W::Error)> = None;
    for _ in 0..MAX_TURNS {
        let observed = world.observe(step).await.map_err(Stopped::Failed)?;
        let decision = decide(step, &observed);
        match unclear.take() {
            // It may still be on its way, and would make a second key: a later attempt looks again.
            Some((Effect::CreateKey, error)) if decision == Decision::Do(Effect::CreateKey) => {
                return Err(Stopped::Failed(error));
            }
            // An effect that is no longer asked for after its answer was lost had been carried out.
            Some((effect, _)) if decision != Decision::Do(effect) => effects.push(effect),
            Some(_) | None => {}
        }
        let effect = match decision {
            // Somebody disabled it in between: a retry judges that afresh, and one invocation leaves at most one key behind.
            Decision::Do(Effect::CreateKey) if effects.contains(&Effect::CreateKey) => return Err(Stopped::NoProgress),
            Decision::Do(effect) => effect,
            Decision::Done(notices) => return Ok(Finished { outcome: Outcome::Done, effects, notices }),
            // A promotion of ours shows as a version that is current now.
            Decision::AlreadyDone => {
                let ours = effects.contains(&Effect::Promote);
                let outcome = if ours { Outcome::Done } else { Outcome::AlreadyDone };
                return Ok(Finished { outcome, effects, notices: Vec::new() });
            }
            Decision::Refuse(refusal) => return Err(Stopped::Refused(refusal)),
        };
        match world.apply(effect).await {
            Ok(()) => effects.push(effect),
            Err(error) => {
                let aftermath = world.aftermath(&error);
                if aftermath == Aftermath::Final || failed.contains(&effect) {
                    return Err(Stopped::Failed(error));
                }
                failed.push(effect);
                unclear = (aftermath == Aftermath::Unclear).then_some((effect, error));
            }
        }
    }
    Err(Stopped::NoProgress)
}
