//! What a chain of records adds up to, where more than one record matters.

use key_lifecycle::{
    Action, Class, Disabled, Facts, Grade, Head, Held, History, KeyObject, Kind, MarkedVersion, Next, Ownership, Phase,
    Proven, Reason, Record, Tie, class_of, judge,
};

use crate::given::{PHASES, beginning, does, facts, history, of_class, on_day, proven, record, records, terms};

const CURRENT: Held = Held { current: true, pending: false };

fn of(records: &[Record]) -> History {
    History::of(records, None)
}

fn ours(kind: Kind, day: i64) -> Record {
    record(kind, Class::Ours, on_day(day))
}

fn found_disabled(day: i64) -> Record {
    Record { attempt: 0, ..ours(Kind::Disabled, day) }
}

fn with_ticket(ticket: &str, record: Record) -> Record {
    Record { ticket: Some(ticket.to_owned()), ..record }
}

#[test]
fn the_chains_of_these_tests_come_to_their_phases() {
    for phase in PHASES {
        for class in Class::ALL {
            let history = history(phase, *class);
            assert_eq!(history.phase, phase);
            assert_eq!(history.class, (phase != Phase::Unknown).then_some(*class));
        }
    }
}

#[test]
fn a_key_that_is_current_again_begins_anew() {
    for phase in PHASES {
        let mut records = records(phase, Class::Ours);
        records.push(ours(Kind::Current, 80));
        // A run may be at an attempt whose end is not on record.
        let begun = (phase == Phase::Disabling).then(|| on_day(80));
        let expected = History { phase: Phase::Current, class: Some(Class::Ours), begun, ..History::default() };
        assert_eq!(of(&records), expected, "{phase:?}");
    }
}

#[test]
fn grace_begins_with_the_first_record_and_no_later_one_prolongs_it() {
    for class in Class::ALL {
        let mut records = records(Phase::Waiting, *class);
        for (later, day) in [(Kind::Superseded, 1), (Kind::Orphan, 2), (Kind::Adopted, 3), (Kind::Disabling, 4)] {
            records.push(record(later, *class, on_day(day)));
            assert_eq!(of(&records).since, Some(on_day(0)));
        }
    }
}

#[test]
fn grace_begins_anew_for_an_orphan_that_became_the_value_of_a_version() {
    // Its rotation came back, was promoted and rolled back between two runs.
    for (tie, class, kind) in
        [(Tie::ValueAndMark, Class::Ours, Kind::Superseded), (Tie::Value, Class::Adopted, Kind::Adopted)]
    {
        for phase in [Phase::Waiting, Phase::Disabling] {
            let mut history = history(phase, Class::Orphan);
            let seen = |history: &History, day| Facts {
                now: on_day(day),
                tie: Some(tie),
                consent: Some("OPS-1".to_owned()),
                ..facts(history.clone())
            };
            let judgement = judge(&seen(&history, 100), &terms());
            assert_eq!(judgement.next, Next::Record(kind), "{phase:?}");
            history.add(&record(kind, class, on_day(100)));
            if phase == Phase::Disabling {
                // The attempt to disable it is over by then.
                assert_eq!(judge(&seen(&history, 101), &terms()).next, Next::Record(kind));
                history.add(&record(kind, class, on_day(101)));
            }
            assert_eq!(judge(&seen(&history, 106), &terms()).reason, Reason::InGrace(on_day(107)), "{phase:?}");
            // Once, and not in every run.
            history.add(&record(kind, class, on_day(106)));
            assert_eq!(history.since, Some(on_day(100)), "{phase:?}");
        }
    }
}

#[test]
fn an_orphan_that_a_person_enabled_again_stays_theirs_when_it_becomes_a_value() {
    for phase in [Phase::Reinstated, Phase::Disabling] {
        let mut records = records(Phase::Reinstated, Class::Orphan);
        if phase == Phase::Disabling {
            records.push(record(Kind::Disabling, Class::Orphan, on_day(90)));
        }
        let value = Facts { tie: Some(Tie::ValueAndMark), ..facts(of(&records)) };
        let judgement = judge(&value, &terms());
        assert_eq!((judgement.next, judgement.reason), (Next::Nothing, Reason::Reinstated), "{phase:?}");
    }
}

#[test]
fn grace_begins_anew_after_a_key_was_current_of_a_secret_that_is_bound_elsewhere() {
    // Superseded for long, and no version of its own secret is known any more; then somebody's secret held it.
    let waiting = history(Phase::Waiting, Class::Ours);
    let elsewhere = Facts { held: CURRENT, tie: None, ..facts(waiting) };
    assert_eq!(judge(&elsewhere, &terms()).next, Next::Record(Kind::Current));
    let mut history = elsewhere.history;
    history.add(&ours(Kind::Current, 100));
    history.add(&ours(Kind::Superseded, 101));
    let superseded = Facts { now: on_day(101), tie: None, ..facts(history) };
    assert_eq!(judge(&superseded, &terms()).reason, Reason::InGrace(on_day(108)));
}

#[test]
fn no_record_is_made_of_a_current_key_that_has_no_class() {
    // A key with a copied label that a secret of another project holds: a record would have to say that it is of some
    // class, and the class would stay when the secret lets go of it.
    for tie in [None, Some(MarkedVersion::Pending), Some(MarkedVersion::OtherTime), Some(MarkedVersion::Unread)] {
        let tie = tie.map(Tie::Mark);
        assert_eq!(class_of(tie, None), None);
        let stranger = Facts { held: CURRENT, tie, ..facts(History::default()) };
        let judgement = judge(&stranger, &terms());
        assert_eq!((judgement.next, judgement.reason), (Next::Nothing, Reason::Current), "{tie:?}");
    }
}

#[test]
fn every_record_that_is_asked_for_has_a_class() {
    for ownership in Ownership::ALL {
        for phase in PHASES {
            for key in KeyObject::ALL {
                for held in [Held::default(), CURRENT, Held { current: false, pending: true }] {
                    let known = history(phase, Class::Ours);
                    let seen = Facts { key: *key, held, ..of_class(*ownership, facts(known)) };
                    if let Next::Record(kind) = judge(&seen, &terms()).next {
                        assert!(class_of(seen.tie, seen.history.class).is_some(), "{ownership} {phase:?} {kind}");
                    }
                }
            }
        }
    }
}

#[test]
fn an_emergency_that_died_half_way_is_not_in_grace_for_ever() {
    // revoke-key may write the first record of a key, or the first after it was current.
    for before in [vec![], vec![ours(Kind::Current, 0)]] {
        let mut records = before;
        records.push(ours(Kind::Disabling, 8));
        let died = facts(of(&records));
        assert_eq!(died.history.since, Some(on_day(8)));
        assert!(judge(&died, &terms()).next != Next::Nothing, "{records:?}");
    }
}

#[test]
fn a_disablement_that_this_system_found_is_not_its_own() {
    let mut records = records(Phase::Waiting, Class::Ours);
    records.push(found_disabled(8));
    let expected = Disabled { at: on_day(8), by_us: false, ticket: None };
    assert_eq!(of(&records).disabled, Some(expected));
    records.push(ours(Kind::Deleting, 70));
    // Whoever disabled it may have had a reason: it is not enabled for a rollback, not even after an attempt to delete it.
    let rolled_back = Facts { key: KeyObject::Inactive, held: CURRENT, ..facts(of(&records)) };
    let judgement = judge(&rolled_back, &terms());
    assert_eq!((judgement.next, judgement.reason), (Next::Nothing, Reason::CurrentDisabledByOthers));
}

#[test]
fn a_disablement_with_an_attempt_is_its_own_whatever_was_on_record_before() {
    for phase in PHASES {
        let mut records = records(phase, Class::Ours);
        records.push(ours(Kind::Disabled, 80));
        assert_eq!(of(&records).disabled, Some(Disabled { at: on_day(80), by_us: true, ticket: None }), "{phase:?}");
    }
}

#[test]
fn a_disablement_that_is_found_after_an_attempt_is_its_own() {
    // The process died between the effect and its record: the next run finds the key disabled.
    let mut records = records(Phase::Disabling, Class::Ours);
    records.push(found_disabled(9));
    assert_eq!(of(&records).disabled, Some(Disabled { at: on_day(9), by_us: true, ticket: None }));
    let rolled_back = Facts { key: KeyObject::Inactive, held: CURRENT, ..facts(of(&records)) };
    assert!(does(&judge(&rolled_back, &terms()), Action::Enable));
    // Not so after somebody has enabled it again.
    records.extend([ours(Kind::Reinstated, 10), found_disabled(11)]);
    assert_eq!(of(&records).disabled.map(|disabled| disabled.by_us), Some(false));
}

#[test]
fn a_key_that_this_system_disabled_is_given_back_in_every_phase_in_which_it_is_disabled() {
    for phase in [Phase::Disabling, Phase::Disabled, Phase::Deleting] {
        for held in [CURRENT, Held { current: true, pending: true }, Held { current: false, pending: true }] {
            for tie in [None, Some(Tie::Value), Some(Tie::ValueAndMark)] {
                let history = history(phase, Class::Ours);
                let rolled_back = Facts { key: KeyObject::Inactive, held, tie, hold: true, ..facts(history) };
                assert!(does(&judge(&rolled_back, &terms()), Action::Enable), "{phase:?} {held:?} {tie:?}");
            }
        }
    }
}

#[test]
fn a_key_that_no_version_holds_is_not_enabled_for_the_mark_of_a_pending_version() {
    for phase in PHASES {
        let disabled = Facts { key: KeyObject::Inactive, ..facts(history(phase, Class::Adopted)) };
        let marked = of_class(Ownership::Untouchable, disabled);
        assert_eq!(judge(&marked, &terms()).next, Next::Nothing, "{phase:?}");
    }
}

#[test]
fn a_consent_clears_one_reinstatement_and_no_second_one() {
    let consent = |ticket: &str, records: &[Record]| {
        let reinstated = Facts { consent: Some(ticket.to_owned()), ..facts(of(records)) };
        judge(&reinstated, &terms()).next != Next::Nothing
    };
    let mut records = records(Phase::Reinstated, Class::Ours);
    assert!(consent("OPS-1", &records));
    records.push(with_ticket("OPS-1", ours(Kind::Disabling, 10)));
    records.push(with_ticket("OPS-1", ours(Kind::Disabled, 10)));
    records.push(ours(Kind::Reinstated, 11));
    assert!(!consent("OPS-1", &records));
    assert!(consent("OPS-2", &records));
    // Nor does it when somebody disabled the key and enabled it again in between.
    records.push(found_disabled(12));
    records.push(ours(Kind::Reinstated, 13));
    assert!(!consent("OPS-1", &records));
    assert!(consent("OPS-2", &records));
}

#[test]
fn a_consent_that_held_when_a_key_was_enabled_again_does_not_clear_it() {
    // An adopted key with consent, in its grace: somebody disables it to see what breaks, and enables it again.
    let mut records = records(Phase::Waiting, Class::Adopted);
    records.push(Record { class: Class::Adopted, ..found_disabled(3) });
    records.push(with_ticket("OPS-1", record(Kind::Reinstated, Class::Adopted, on_day(4))));
    let of_consent = |ticket: &str| {
        let reinstated = Facts { consent: Some(ticket.to_owned()), ..facts(of(&records)) };
        judge(&of_class(Ownership::Adopted, reinstated), &terms())
    };
    assert_eq!(of_consent("OPS-1").reason, Reason::Reinstated);
    assert_eq!(of_consent("OPS-2").next, Next::Record(Kind::Quiet));
}

#[test]
fn a_consent_that_was_withdrawn_before_it_was_acted_on_clears_nothing() {
    let mut records = records(Phase::Reinstated, Class::Ours);
    records.push(with_ticket("OPS-1", ours(Kind::Disabling, 10)));
    let died = facts(of(&records));
    let judgement = judge(&died, &terms());
    assert_eq!((judgement.next, judgement.reason), (Next::Nothing, Reason::Reinstated));
    let holds = Facts { consent: Some("OPS-1".to_owned()), ..died };
    assert_eq!(judge(&holds, &terms()).next, Next::Record(Kind::Quiet));
}

#[test]
fn silence_before_somebody_enabled_a_key_again_says_nothing() {
    let mut records = records(Phase::Waiting, Class::Ours);
    records.extend([ours(Kind::Quiet, 7), ours(Kind::Disabling, 8), ours(Kind::Disabled, 8)]);
    assert_eq!(of(&records).quiet, Some(on_day(7)));
    records.push(ours(Kind::Reinstated, 9));
    assert_eq!(of(&records).quiet, None);
}

#[test]
fn no_record_takes_the_head_away() {
    let head = Head { sequence: 7, sha256: "00".to_owned() };
    for kind in Kind::ALL {
        let mut history = History { head: Some(head.clone()), ..history(Phase::Disabled, Class::Ours) };
        history.add(&ours(*kind, 9));
        assert_eq!(history.head.as_ref(), Some(&head), "{kind}");
    }
}

#[test]
fn a_proof_is_of_the_disablement_that_it_followed() {
    let mut records = records(Phase::Disabled, Class::Ours);
    records.push(Record { attempt: 2, ..ours(Kind::Refused, 9) });
    records.push(proven(Class::Ours, Grade::Question, on_day(9)));
    let proven_dead = of(&records);
    assert_eq!((proven_dead.refusals, proven_dead.proven), (2, Some(Proven { grade: Grade::Question, at: on_day(9) })));
    for kind in [Kind::Reinstated, Kind::Disabled] {
        let mut records = records.clone();
        records.push(ours(kind, 10));
        assert_eq!((of(&records).refusals, of(&records).proven), (0, None), "{kind}");
    }
}

#[test]
fn the_best_proof_counts() {
    for (first, second) in [
        (Grade::Object, Grade::Question),
        (Grade::Question, Grade::Ingestion),
        (Grade::Ingestion, Grade::Question),
        (Grade::Question, Grade::Question),
    ] {
        let mut records = records(Phase::Disabled, Class::Ours);
        records.push(proven(Class::Ours, first, on_day(9)));
        records.push(proven(Class::Ours, second, on_day(10)));
        let expected = if first < second {
            Proven { grade: second, at: on_day(10) }
        } else {
            Proven { grade: first, at: on_day(9) }
        };
        assert_eq!(of(&records).proven, Some(expected));
    }
    // A proof without a grade is none.
    let mut records = records(Phase::Disabled, Class::Ours);
    records.push(ours(Kind::Proven, 9));
    assert_eq!(of(&records).proven, None);
}

#[test]
fn a_deleted_key_that_is_back_is_treated_as_reinstated() {
    // As after a restored backup of Sentry.
    let deleted = facts(history(Phase::Deleted, Class::Ours));
    assert_eq!(judge(&deleted, &terms()).next, Next::Record(Kind::Reinstated));
    let disabled = Facts { key: KeyObject::Inactive, ..deleted.clone() };
    assert_eq!(judge(&disabled, &terms()).next, Next::Record(Kind::Disabled));
    let gone = Facts { key: KeyObject::Gone, ..deleted };
    assert_eq!(judge(&gone, &terms()).reason, Reason::Deleted);
}

#[test]
fn a_history_is_the_same_from_the_whole_chain_and_record_by_record_and_through_its_stored_form() {
    let mut longest = Vec::new();
    for class in Class::ALL {
        longest.push(record(beginning(*class), *class, on_day(0)));
        for (kind, day) in Kind::ALL.iter().zip(1..) {
            longest.push(with_ticket("OPS-1", record(*kind, *class, on_day(day))));
        }
    }
    let mut step_by_step = History::default();
    for (record, count) in longest.iter().zip(1..) {
        step_by_step.add(record);
        assert_eq!(step_by_step, of(&longest[..count]));
        let stored = serde_json::to_vec(&step_by_step).unwrap();
        assert_eq!(serde_json::from_slice::<History>(&stored).unwrap(), step_by_step);
    }
}

/// Two runs at once: one is about to disable a key, the other sees that it was made current and writes that down, and the
/// first disables it all the same and dies.
#[test]
fn a_key_that_became_current_while_a_run_was_about_to_disable_it_is_given_back() {
    let mut records = records(Phase::Waiting, Class::Ours);
    let minute = |minutes: i64| on_day(80) + jiff::SignedDuration::from_mins(minutes);
    records.push(Record { attempt: 1, ..record(Kind::Disabling, Class::Ours, minute(0)) });
    records.push(record(Kind::Current, Class::Ours, minute(1)));
    let dead = Facts { held: CURRENT, key: KeyObject::Inactive, ..facts(of(&records)) };
    assert_eq!(judge(&dead, &terms()).next, Next::Act(Action::Enable));
    // Once no run of that time can live any more, it is written down once more, and who disables it then is somebody else.
    let alive = |records: &[Record], minutes| Facts { now: minute(minutes), held: CURRENT, ..facts(of(records)) };
    assert_eq!(judge(&alive(&records, 15), &terms()).next, Next::Nothing);
    assert_eq!(judge(&alive(&records, 16), &terms()).next, Next::Record(Kind::Current));
    records.push(record(Kind::Current, Class::Ours, minute(16)));
    assert_eq!(judge(&alive(&records, 17), &terms()).next, Next::Nothing);
    let by_others = Facts { key: KeyObject::Inactive, ..alive(&records, 17) };
    assert_eq!(judge(&by_others, &terms()).reason, Reason::CurrentDisabledByOthers);
}

/// The first run disables it, cannot write that down for what the other wrote, and goes on with a look at the labels that is
/// older: exploration found that in seed 783059.
#[test]
fn a_key_of_an_open_attempt_is_given_back_whatever_was_written_of_it_since() {
    let mut records = records(Phase::Waiting, Class::Ours);
    records.extend([Kind::Disabling, Kind::Current, Kind::Superseded].map(|kind| ours(kind, 80)));
    let dead = Facts { held: CURRENT, key: KeyObject::Inactive, now: on_day(80), ..facts(of(&records)) };
    assert_eq!(judge(&dead, &terms()).next, Next::Act(Action::Enable));
    // What another run writes of a key that it saw enabled is looked at once more while the attempt is open.
    assert!(of(&records).is_switched_by(Kind::Current));
    assert!(of(&records[..records.len() - 2]).is_switched_by(Kind::Current));
    let given_back = Record { attempt: 1, ..ours(Kind::Current, 80) };
    assert!(!of(&[records, vec![given_back]].concat()).is_switched_by(Kind::Current));
}

/// Every run tries again what has no end on record: the attempt that matters is not the first.
#[test]
fn an_attempt_that_is_tried_again_is_open_for_as_long_as_the_last_run_may_live() {
    let minute = |minutes: i64| on_day(80) + jiff::SignedDuration::from_mins(minutes);
    let mut records = records(Phase::Waiting, Class::Ours);
    records.push(Record { attempt: 1, ..record(Kind::Disabling, Class::Ours, minute(0)) });
    // An hour later one is about to try again, and another sees that the key is current.
    records.push(record(Kind::Current, Class::Ours, minute(60)));
    let dead = Facts { held: CURRENT, key: KeyObject::Inactive, now: minute(120), ..facts(of(&records)) };
    assert_eq!(judge(&dead, &terms()).next, Next::Act(Action::Enable));
}

/// A key whose attempt came to nothing, and that a person disables days later.
#[test]
fn an_attempt_that_is_over_is_closed_so_that_nobody_elses_disablement_is_taken_for_it() {
    let mut records = records(Phase::Waiting, Class::Ours);
    records.extend([Kind::Disabling, Kind::Current, Kind::Superseded].map(|kind| ours(kind, 80)));
    let alive = |records: &[Record], day| Facts { now: on_day(day), ..facts(of(records)) };
    assert_eq!(judge(&alive(&records, 80), &terms()).reason, Reason::InGrace(on_day(87)));
    assert_eq!(judge(&alive(&records, 81), &terms()).next, Next::Record(Kind::Superseded));
    records.push(ours(Kind::Superseded, 81));
    assert_eq!(judge(&alive(&records, 82), &terms()).reason, Reason::InGrace(on_day(87)));
    records.push(found_disabled(83));
    let rolled_back = Facts { held: CURRENT, key: KeyObject::Inactive, ..alive(&records, 84) };
    assert_eq!(judge(&rolled_back, &terms()).reason, Reason::CurrentDisabledByOthers);
}

#[test]
fn a_revoked_key_is_not_given_back_to_a_rotation_that_is_under_way_either() {
    let revoked = Record { function: "revoke-key".to_owned(), ..ours(Kind::Disabled, 8) };
    let history = of(&[records(Phase::Waiting, Class::Ours), vec![revoked]].concat());
    for (current, pending) in [(true, false), (true, true), (false, true)] {
        let held = Held { current, pending };
        let dead = Facts { held, key: KeyObject::Inactive, ..facts(history.clone()) };
        assert_eq!(judge(&dead, &terms()).next, Next::Nothing, "{held:?}");
    }
}

#[test]
fn what_a_run_left_open_is_closed_by_giving_the_key_back_and_not_opened_by_an_order() {
    let begun = Record { attempt: 1, ..record(Kind::Disabling, Class::Ours, on_day(80)) };
    let current = record(Kind::Current, Class::Ours, on_day(80));
    let given_back = Record { attempt: 1, ..current.clone() };
    let ordered = Record { function: "revoke-key".to_owned(), ..begun.clone() };
    let open = |last: &[Record]| of(&[&records(Phase::Waiting, Class::Ours), last].concat()).begun;
    assert_eq!(open(&[begun.clone(), current.clone()]), Some(on_day(80)));
    assert_eq!(open(&[begun.clone(), given_back]), None);
    assert_eq!(open(&[ordered, current.clone()]), None);
    // Superseded once more, and found disabled: it was that run.
    let superseded = record(Kind::Superseded, Class::Ours, on_day(80));
    let history =
        of(&[&records(Phase::Waiting, Class::Ours), &[begun, current, superseded, found_disabled(80)][..]].concat());
    assert_eq!(history.disabled.map(|disabled| disabled.by_us), Some(true));
}

#[test]
fn who_revoked_a_key_is_kept_whatever_is_written_of_it_later() {
    let by = |function: &str, attempt| Record {
        function: function.to_owned(),
        attempt,
        ..record(Kind::Disabled, Class::Ours, on_day(8 + i64::from(attempt)))
    };
    // Who disabled it, who tells of it afterwards, and whether that is a new disablement.
    for (first, then, attempt, revoked) in [
        ("retire-keys", "retire-keys", 0, false),
        ("retire-keys", "revoke-key", 0, true),
        ("retire-keys", "revoke-key", 2, true),
        ("revoke-key", "retire-keys", 0, true),
        ("revoke-key", "retire-keys", 2, true),
    ] {
        let before = History::of(&[record(Kind::Superseded, Class::Ours, on_day(0)), by(first, 1)], None);
        let mut after = before.clone();
        after.add(&by(then, attempt));
        assert_eq!(after.revoked, revoked, "{first}, then {then} with attempt {attempt}");
        // What is only told once more changes nothing else.
        let same = History { revoked: before.revoked, ..after.clone() } == before;
        assert_eq!(same, attempt == 0, "{first}, then {then} with attempt {attempt}");
    }
}

/// A list of keys that is older than another run's record must not turn a disabled key that is current again into one that
/// works, nor one that was given back into a disabled one: exploration found that in seeds 5145 and 292979.
#[test]
fn only_what_says_that_somebody_switched_a_key_is_looked_at_again() {
    for phase in PHASES {
        let undoes = matches!(phase, Phase::Disabling | Phase::Disabled | Phase::Deleting);
        assert_eq!(history(phase, Class::Ours).is_switched_by(Kind::Current), undoes, "{phase:?}");
        for kind in [Kind::Reinstated, Kind::Disabled] {
            assert!(history(phase, Class::Ours).is_switched_by(kind), "{phase:?} {kind}");
        }
        for kind in [Kind::Superseded, Kind::Adopted, Kind::Orphan] {
            let is_open = phase == Phase::Disabling;
            assert_eq!(history(phase, Class::Ours).is_switched_by(kind), is_open, "{phase:?} {kind}");
        }
        for kind in [Kind::Quiet, Kind::Deleted] {
            assert!(!history(phase, Class::Ours).is_switched_by(kind), "{phase:?} {kind}");
        }
    }
}
