//! What holds a deed back, one reason at a time: a world in which the deed is due, and the one fact that forbids it.

use key_lifecycle::{
    Action, Class, Facts, Held, History, KeyObject, Kind, Next, Ownership, Phase, Reason, Record, judge, needs_counts,
};

use crate::given::{PHASES, does, facts, history, of_class, on_day, record, records, terms};

#[test]
fn a_key_is_not_disabled_while_the_one_in_its_place_is_dead_but_for_an_orphan_which_nothing_reads() {
    let cases =
        [(Ownership::Ours, Class::Ours), (Ownership::Adopted, Class::Adopted), (Ownership::Orphan, Class::Orphan)];
    for (ownership, class) in cases {
        let (consent, mut chain) = (Some("OPS-1".to_owned()), records(Phase::Waiting, class));
        chain.push(record(Kind::Quiet, class, on_day(8)));
        let due = of_class(ownership, Facts { consent, ..facts(History::of(&chain, None)) });
        assert!(does(&judge(&due, &terms()), Action::Disable), "{ownership}");
        let judgement = judge(&Facts { successor_alive: false, ..due }, &terms());
        if ownership == Ownership::Orphan {
            assert!(does(&judgement, Action::Disable));
        } else {
            assert_eq!((judgement.next, judgement.reason), (Next::Nothing, Reason::NoSuccessor), "{ownership}");
        }
    }
}

#[test]
fn a_revoked_key_is_not_given_back_by_a_rollback() {
    let disabled = |function: &str| {
        let mut chain: Vec<Record> = records(Phase::Disabling, Class::Ours);
        chain.push(Record { function: function.to_owned(), ..record(Kind::Disabled, Class::Ours, on_day(8)) });
        let held = Held { current: true, pending: false };
        Facts { key: KeyObject::Inactive, held, ..facts(History::of(&chain, None)) }
    };
    let retired = judge(&disabled("retire-keys"), &terms());
    assert!(does(&retired, Action::Enable), "{retired:?}");
    let revoked = judge(&disabled("revoke-key"), &terms());
    assert_eq!((revoked.next, revoked.reason), (Next::Nothing, Reason::CurrentRevoked));
}

#[test]
fn counts_are_asked_for_where_a_key_of_ours_waits_and_nowhere_else() {
    for phase in PHASES {
        let waits = matches!(phase, Phase::Waiting | Phase::Disabling | Phase::Reinstated);
        let waiting = of_class(Ownership::Ours, facts(history(phase, Class::Ours)));
        assert_eq!(needs_counts(&waiting), waits, "{phase:?}");
        let others = [
            Facts { key: KeyObject::Inactive, ..waiting.clone() },
            Facts { key: KeyObject::Gone, ..waiting.clone() },
            Facts { frozen: Some("a page of keys could not be read".to_owned()), ..waiting.clone() },
            Facts { held: Held { current: true, pending: false }, ..waiting },
        ];
        for facts in others {
            assert!(!needs_counts(&facts), "{facts:?}");
        }
    }
}
