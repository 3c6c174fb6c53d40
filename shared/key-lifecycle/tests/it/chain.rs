//! A chain of records shows every change that is made to it.

use key_lifecycle::{
    Broken, Class, Entry, Grade, Head, Kind, Record, check_chain, check_head, next_head, secret_arn_of,
};

use crate::given::{on_day, proven, record};

const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:storefront-AbCdEf";
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// The records as they are stored: each carries its number, the key, and the digest of the one before it.
fn stored(arn: &str, key: &str, records: Vec<Record>) -> Vec<Vec<u8>> {
    let mut head: Option<Head> = None;
    let mut all = Vec::new();
    for (record, sequence) in records.into_iter().zip(1..) {
        let previous = head.take().map(|head| head.sha256);
        let record = Record { sequence, previous, secret_arn: arn.to_owned(), key_id: key.to_owned(), ..record };
        let bytes = record.to_bytes().unwrap();
        head = Some(next_head(sequence, &bytes));
        all.push(bytes);
    }
    all
}

/// A life of six records.
fn life() -> Vec<Record> {
    let of = |kind, day| record(kind, Class::Ours, on_day(day));
    vec![
        of(Kind::Current, 0),
        of(Kind::Superseded, 1),
        of(Kind::Quiet, 7),
        of(Kind::Disabling, 8),
        Record { ticket: Some("OPS-1".to_owned()), ..of(Kind::Disabled, 8) },
        proven(Class::Ours, Grade::Question, on_day(8)),
    ]
}

fn entries(chain: &[Vec<u8>]) -> Vec<Entry<'_>> {
    chain.iter().zip(1..).map(|(bytes, sequence)| Entry { sequence, bytes }).collect()
}

fn check(chain: &[Vec<u8>]) -> Result<Vec<Record>, Broken> {
    check_chain(ARN, KEY, &entries(chain))
}

fn head(chain: &[Vec<u8>]) -> Head {
    next_head(u32::try_from(chain.len()).unwrap(), chain.last().unwrap())
}

#[test]
fn a_whole_chain_is_read_back() {
    let chain = stored(ARN, KEY, life());
    let read = check(&chain).unwrap();
    let kinds: Vec<Kind> = read.iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [Kind::Current, Kind::Superseded, Kind::Quiet, Kind::Disabling, Kind::Disabled, Kind::Proven]);
    assert_eq!(read.iter().map(|record| record.to_bytes().unwrap()).collect::<Vec<_>>(), chain);
    assert_eq!(check(&[]), Ok(vec![]));
    assert!(chain.iter().all(|bytes| secret_arn_of(bytes).as_deref() == Some(ARN)));
    assert_eq!(secret_arn_of(b"{}"), None);
    // It may have grown since its head was remembered.
    for length in 1..=chain.len() {
        assert_eq!(check_head(&entries(&chain), &head(&chain[..length])), Ok(()));
    }
}

#[test]
fn every_altered_bit_shows() {
    let chain = stored(ARN, KEY, life());
    let newest = head(&chain);
    let (mut altered, mut by_the_head_alone) = (0, 0);
    for number in 0..chain.len() {
        for position in 0..chain[number].len() {
            for bit in 0..8 {
                let mut chain = chain.clone();
                chain[number][position] ^= 1 << bit;
                altered += 1;
                if check(&chain).is_err() {
                    continue;
                }
                // Nothing comes after the newest record that could carry its digest.
                assert_eq!(number, chain.len() - 1, "byte {position}, bit {bit}");
                assert_eq!(
                    check_head(&entries(&chain), &newest),
                    Err(Broken::Altered(6)),
                    "byte {position}, bit {bit}"
                );
                by_the_head_alone += 1;
            }
        }
    }
    assert!(altered > 15_000, "{altered}");
    assert!(by_the_head_alone > 100, "{by_the_head_alone}");
}

#[test]
fn a_missing_record_shows() {
    let chain = stored(ARN, KEY, life());
    let all = entries(&chain);
    for missing in 0..all.len() - 1 {
        let mut rest = all.clone();
        rest.remove(missing);
        let expected = Broken::Missing(u32::try_from(missing).unwrap() + 1);
        assert_eq!(check_chain(ARN, KEY, &rest), Err(expected));
    }
    // What is cut off at the end shows by a head alone that is remembered.
    assert!(check(&chain[..5]).is_ok());
    assert_eq!(check_head(&entries(&chain[..5]), &head(&chain)), Err(Broken::Missing(6)));
}

#[test]
fn a_missing_record_whose_place_was_closed_up_shows() {
    let chain = stored(ARN, KEY, life());
    for missing in 0..chain.len() - 1 {
        let mut rest = chain.clone();
        rest.remove(missing);
        assert_eq!(check(&rest), Err(Broken::Misplaced(u32::try_from(missing).unwrap() + 1)));
    }
}

#[test]
fn swapped_and_repeated_records_show() {
    let chain = stored(ARN, KEY, life());
    for one in 0..chain.len() {
        for other in 0..chain.len() {
            if one == other {
                continue;
            }
            // By content, under each other's names.
            let mut swapped = chain.clone();
            swapped.swap(one, other);
            let first = u32::try_from(one.min(other)).unwrap() + 1;
            assert_eq!(check(&swapped), Err(Broken::Misplaced(first)));
            let mut repeated = chain.clone();
            repeated[one] = chain[other].clone();
            assert_eq!(check(&repeated), Err(Broken::Misplaced(u32::try_from(one).unwrap() + 1)));
            // With their names, in the list.
            let mut listed = entries(&chain);
            listed.swap(one, other);
            assert_eq!(check_chain(ARN, KEY, &listed), Err(Broken::Missing(first)));
        }
    }
}

#[test]
fn a_record_of_another_key_or_secret_shows() {
    let chain = stored(ARN, KEY, life());
    let other_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:checkout-AbCdEf";
    for other in [stored(ARN, "fedcba9876543210", life()), stored(other_arn, KEY, life())] {
        for number in 0..chain.len() {
            let mut mixed = chain.clone();
            mixed[number] = other[number].clone();
            assert_eq!(check(&mixed), Err(Broken::Misplaced(u32::try_from(number).unwrap() + 1)));
        }
        assert_eq!(check(&other), Err(Broken::Misplaced(1)));
    }
}

#[test]
fn a_mixture_of_two_chains_with_the_same_beginning_shows() {
    let chain = stored(ARN, KEY, life());
    // Two runs that wrote side by side differ from some record on.
    for fork in 0..chain.len() {
        let mut other = life();
        other[fork].request_id = "another-run".to_owned();
        let other = stored(ARN, KEY, other);
        assert_eq!(chain[..fork], other[..fork]);
        assert!(check(&other).is_ok());
        // Every choice of one or the other after the fork, but for all of one.
        let after = chain.len() - fork;
        for choice in 1..(1_u32 << after) - 1 {
            let mixed: Vec<Vec<u8>> = (0..chain.len())
                .map(|number| {
                    let theirs = number >= fork && choice & (1 << (number - fork)) != 0;
                    if theirs { other[number].clone() } else { chain[number].clone() }
                })
                .collect();
            assert!(matches!(check(&mixed), Err(Broken::Digest(_))), "{fork} {choice:b}");
        }
    }
}

#[test]
fn a_record_of_another_version_or_none_at_all_cannot_be_read() {
    let newer = life().into_iter().map(|record| Record { version: 2, ..record }).collect();
    assert_eq!(check(&stored(ARN, KEY, newer)), Err(Broken::Unreadable(1)));
    for bytes in [&b""[..], b"{}", b"null", b"[]", b"\xff"] {
        let mut chain = stored(ARN, KEY, life());
        chain[2] = bytes.to_vec();
        assert_eq!(check(&chain), Err(Broken::Unreadable(3)));
    }
}

#[test]
fn the_digest_is_of_the_bytes_and_not_of_what_they_say() {
    let mut chain = stored(ARN, KEY, life());
    chain[1].insert(1, b' ');
    assert_eq!(check(&chain), Err(Broken::Digest(3)));
}

#[test]
fn a_first_record_follows_nothing() {
    let first = Record {
        sequence: 1,
        previous: Some("00".to_owned()),
        secret_arn: ARN.to_owned(),
        key_id: KEY.to_owned(),
        ..life().remove(0)
    };
    assert_eq!(check(&[first.to_bytes().unwrap()]), Err(Broken::Digest(1)));
}
