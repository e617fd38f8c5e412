//! The table of the page on the outbox, held to the row that its relay reads.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

const PAGE: &str = include_str!("../outbox.md");

/// What stands between the first of these and the next of those.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).unwrap().1.split_once(to).unwrap().0
}

/// The columns, and whether they may be empty.
fn columns() -> Vec<(&'static str, bool)> {
    let lines = between(PAGE, "CREATE TABLE outbox (\n", "\n);").lines();
    let column = |line: &'static str| {
        let name = line.split_whitespace().next().unwrap();
        (name, !line.contains("NOT NULL") && !line.contains("PRIMARY KEY"))
    };
    lines.map(column).collect()
}

#[test]
fn the_relays_row_has_the_tables_columns() {
    let fields = between(PAGE, "struct Row {\n", "\n}").lines().map(|line| {
        let (name, kind) = line.trim().split_once(": ").unwrap();
        (name, kind.starts_with("Option<"))
    });
    assert_eq!(fields.collect::<Vec<_>>(), columns());
}

#[test]
fn each_insert_names_what_may_not_be_empty() {
    let inserts: Vec<_> = PAGE.split("INSERT INTO outbox (").skip(1).collect();
    assert_eq!(inserts.len(), 2);
    for insert in inserts {
        let named: Vec<_> = insert.split(')').next().unwrap().split(", ").collect();
        let values = between(insert, "VALUES (", ")");
        assert_eq!(named.len(), values.split(", ").count(), "{values}");
        // The first one is made by the database.
        for (column, may_be_empty) in columns().into_iter().skip(1) {
            assert!(may_be_empty || named.contains(&column), "{column} is not in {named:?}");
        }
        assert!(named.iter().all(|name| columns().iter().any(|(column, _)| column == name)));
    }
}
