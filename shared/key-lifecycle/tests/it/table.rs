//! Golden tables of many cases, in few lines.

/// The values of a case, in the order of the dimensions, and what comes of it.
pub(crate) type Case = (Vec<String>, String);

/// Lines of `values of the dimensions => outcome`, with the cases in the order in which they are given.
///
/// Values of a dimension below which everything is the same share a line; `*` is all of several values.
pub(crate) fn table(names: &[&str], cases: &[Case]) -> String {
    let mut text = format!("{} => outcome\n", names.join(", "));
    for row in rows(&cases.iter().collect::<Vec<_>>(), 0, names.len()) {
        let (outcome, values) = row.split_last().unwrap();
        text.push_str(&format!("{} => {outcome}\n", values.join(", ")));
    }
    text
}

fn rows(cases: &[&Case], dimension: usize, dimensions: usize) -> Vec<Vec<String>> {
    if dimension == dimensions {
        let (values, outcome) = cases.first().unwrap();
        assert!(cases.iter().all(|(_, other)| other == outcome), "a dimension is missing: {values:?}");
        return vec![vec![outcome.clone()]];
    }
    let mut groups: Vec<(&str, Vec<&Case>)> = Vec::new();
    for case in cases {
        let value = case.0[dimension].as_str();
        match groups.iter_mut().find(|(known, _)| *known == value) {
            Some((_, members)) => members.push(case),
            None => groups.push((value, vec![case])),
        }
    }
    let count = groups.len();
    let mut merged: Vec<(Vec<&str>, Vec<Vec<String>>)> = Vec::new();
    for (value, members) in groups {
        let below = rows(&members, dimension + 1, dimensions);
        match merged.iter_mut().find(|(_, known)| *known == below) {
            Some((values, _)) => values.push(value),
            None => merged.push((vec![value], below)),
        }
    }
    let mut table = Vec::new();
    for (values, below) in merged {
        let all = count > 1 && values.len() == count;
        let head = if all { "*".to_owned() } else { values.join("|") };
        table.extend(below.into_iter().map(|row| [vec![head.clone()], row].concat()));
    }
    table
}
