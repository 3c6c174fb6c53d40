//! Whether two texts name the same person.

/// A person as a text names them: by mail address, by name, or by both.
struct Person {
    /// The part before the `@`, without dots and without what follows a plus, and the domain; in lower case.
    mail: Option<(String, String)>,
    /// The letters and digits of the name, in lower case.
    name: String,
}

/// Whether they are the same person in two spellings. In doubt they are: a second approval costs little.
pub(crate) fn same_person(one: &str, other: &str) -> bool {
    let (one, other) = (Person::read(one), Person::read(other));
    match (&one.mail, &other.mail) {
        (Some(one), Some(other)) => one == other,
        (Some((local, _)), None) => other.name == *local || other.name == one.name,
        (None, Some((local, _))) => one.name == *local || one.name == other.name,
        (None, None) => one.name == other.name,
    }
}

impl Person {
    fn read(text: &str) -> Self {
        let (name, mail) = match text.rsplit_once('<') {
            Some((name, rest)) => (name, rest.trim_end().trim_end_matches('>')),
            None => ("", text),
        };
        match mail_address(mail) {
            Some(mail) => Self { mail: Some(mail), name: letters(name) },
            None => Self { mail: None, name: letters(text) },
        }
    }
}

fn mail_address(text: &str) -> Option<(String, String)> {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix("mailto:").unwrap_or(&text);
    let (local, domain) = text.rsplit_once('@')?;
    let local = letters(local.split_once('+').map_or(local, |(local, _)| local));
    let domain = domain.trim().trim_end_matches('.').to_owned();
    (!local.is_empty() && !domain.is_empty()).then_some((local, domain))
}

fn letters(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_person_are_one_person() {
        let same = [
            ("kim@example.com", "Kim@Example.COM"),
            ("kim@example.com", "Kim Doe <kim@example.com>"),
            ("kim@example.com", "kim+audit@example.com"),
            ("k.im@example.com", "kim@example.com"),
            ("kim_doe@example.com", "kim.doe@example.com"),
            ("mailto:kim@example.com", "<kim@example.com>"),
            ("kim@example.com", "kim@example.com."),
            ("Kim  Doe", "kim doe"),
            ("@kim", "kim"),
            ("Kim", "kim@example.com"),
            ("kim.doe@example.com", "Kim Doe"),
            ("Kim Doe <kd@example.com>", "Kim Doe"),
        ];
        for (one, other) in same {
            assert!(same_person(one, other) && same_person(other, one), "{one} {other}");
        }
    }

    #[test]
    fn other_people_are_other_people() {
        let others = [
            ("kim@example.com", "robin@example.com"),
            ("kim@example.com", "kim@example.org"),
            ("Kim Doe <kim@example.com>", "Kim Doe <kd@example.com>"),
            ("Kim", "Robin"),
            ("Robin", "kim@example.com"),
            ("Security Team <a@example.com>", "Security Team <b@example.com>"),
        ];
        for (one, other) in others {
            assert!(!same_person(one, other) && !same_person(other, one), "{one} {other}");
        }
    }
}
