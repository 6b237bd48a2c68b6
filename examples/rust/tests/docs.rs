//! The tables of the documentation name every kind and reason that the library knows, and nothing else.

use std::collections::BTreeSet;
use zhifuyun::webhook::WebhookReason;
use zhifuyun::{ErrorKind, Reason};

/// What Java and PHP add, as kind and as reason: their threads are interrupted from outside the library.
const OF_HOSTS: &str = "interrupted";

/// The names in backquotes that begin the rows of the table under the `number`th heading of level two.
fn rows(language: &str, page: &str, number: usize) -> Vec<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/");
    let text = std::fs::read_to_string(format!("{root}{language}/{page}")).unwrap();
    let section = text.split("\n## ").nth(number).unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned()).collect()
}

fn check(page: &str, number: usize, known: &[&str]) {
    for language in ["en", "zh"] {
        let found = rows(language, page, number);
        let unique: BTreeSet<_> = found.iter().map(String::as_str).collect();
        assert_eq!(found.len(), unique.len(), "a name occurs twice in docs/{language}/{page}");
        assert_eq!(unique, known.iter().copied().collect(), "docs/{language}/{page}, heading {number}");
    }
}

#[test]
fn every_kind_of_error() {
    check(
        "errors.md",
        2,
        &ErrorKind::ALL.iter().map(|kind| kind.as_str()).chain([OF_HOSTS]).collect::<Vec<_>>(),
    );
}

#[test]
fn every_reason() {
    check(
        "errors.md",
        3,
        &Reason::ALL.iter().map(|reason| reason.as_str()).chain([OF_HOSTS]).collect::<Vec<_>>(),
    );
}

#[test]
fn every_reason_of_webhooks_and_its_status() {
    check("webhooks.md", 4, &WebhookReason::ALL.iter().map(|reason| reason.as_str()).collect::<Vec<_>>());
    for language in ["en", "zh"] {
        let path = format!("{}/../../docs/{language}/webhooks.md", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        for reason in WebhookReason::ALL {
            let row = format!("| `{reason}` | {} |", reason.http_status());
            assert!(text.contains(&row), "docs/{language}/webhooks.md has no row that begins {row}");
        }
    }
}
