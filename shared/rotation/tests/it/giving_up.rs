//! When a step gives up: a world that fails in one and the same way, whatever is asked of it.

use rotation::{Aftermath, Contract, Current, Effect, Observed, Pending, Settings, Step, Stopped, Trial, World, run};

use crate::world::block_on;

/// Shows a promotion that is due, and fails each time it is to be carried out.
struct Refusing {
    aftermath: Aftermath,
    asked: usize,
}

impl World for Refusing {
    type Error = &'static str;

    async fn observe(&mut self, _: Step) -> Result<Observed, Self::Error> {
        Ok(Observed {
            contract: Contract::UnderWay,
            pending: Pending::KeyActive,
            current: Current::KeyActive,
            settings: Settings::AsWanted,
            earlier_attempt: false,
            too_many_unpromoted: false,
            updated: false,
            trial: Trial::NotYet,
        })
    }

    async fn apply(&mut self, effect: Effect) -> Result<(), Self::Error> {
        assert_eq!(effect, Effect::Promote);
        self.asked += 1;
        Err("refused")
    }

    fn aftermath(&self, _: &Self::Error) -> Aftermath {
        self.aftermath
    }
}

#[test]
fn an_effect_is_asked_for_once_where_it_failed_for_good_and_once_more_where_that_is_open() {
    for (aftermath, asked) in [(Aftermath::Final, 1), (Aftermath::Unclear, 2), (Aftermath::Overtaken, 2)] {
        let mut world = Refusing { aftermath, asked: 0 };
        assert_eq!(block_on(run(Step::FinishSecret, &mut world)), Err(Stopped::Failed("refused")), "{aftermath:?}");
        assert_eq!(world.asked, asked, "{aftermath:?}");
    }
}
