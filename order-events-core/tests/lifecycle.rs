//! The lifecycle: our table against one written out again by hand, a florist's, broken ones, and
//! the docs that show them.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use order_events_core::lifecycle::check;
use order_events_core::{
    ColorRole, Face, Finality, IllegalTransition, Lifecycle, LifecycleFault, OrderStatus,
    Transition, diagram,
};

/// A machine that a user of the crate might bring, shown in the docs.
#[path = "common/florist.rs"]
pub mod florist;

use OrderStatus::{Cancelled, Delivered, Pending, Processing, Refunded, Shipped};
use florist::Bouquet;

/// Every legal move, written out independently of the table.
const LEGAL: [(OrderStatus, OrderStatus); 8] = [
    (Pending, Processing),
    (Pending, Cancelled),
    (Processing, Shipped),
    (Processing, Cancelled),
    (Processing, Refunded),
    (Shipped, Delivered),
    (Shipped, Refunded),
    (Delivered, Refunded),
];

#[test]
fn every_pair_is_legal_or_refused_as_the_table_says() {
    let mut pairs = 0;
    for &from in OrderStatus::ALL {
        let allowed: Vec<_> = LEGAL.iter().filter(|(f, _)| *f == from).map(|(_, t)| *t).collect();
        for &to in OrderStatus::ALL {
            pairs += 1;
            assert_eq!(from.may_become(to), LEGAL.contains(&(from, to)), "{from} to {to}");
            match Transition::new(from, to) {
                Ok(moved) => {
                    assert!(LEGAL.contains(&(from, to)), "{from} to {to} was let through");
                    assert_eq!((moved.from(), moved.to()), (from, to));
                }
                Err(refused) => {
                    assert!(!LEGAL.contains(&(from, to)), "{from} to {to} was refused");
                    assert_eq!((refused.from, refused.to), (from, to));
                    assert_eq!(refused.allowed, allowed);
                }
            }
        }
    }
    assert_eq!(pairs, 36);
    assert_eq!(check::<OrderStatus>(), Ok(()));
}

fn assert_every_status_is_reachable<L: Lifecycle>() {
    // As many rounds as there are statuses reach whatever can be reached.
    let mut reached = vec![L::INITIAL];
    for _ in L::ALL {
        let new = L::ALL.iter().filter(|to| reached.iter().any(|from| from.may_become(**to)));
        let new: Vec<L> = new.copied().collect();
        reached.extend(new);
    }
    for status in L::ALL {
        assert!(reached.contains(status), "{status:?} cannot be reached");
    }
}

#[test]
fn every_status_is_reachable() {
    assert_every_status_is_reachable::<OrderStatus>();
    assert_every_status_is_reachable::<Bouquet>();
}

#[test]
fn final_statuses_have_no_exits() {
    for &status in OrderStatus::ALL {
        let expected = match status {
            Cancelled | Refunded => Finality::Final,
            Delivered => Finality::Quiet,
            _ => Finality::Open,
        };
        assert_eq!(status.finality(), expected, "{status}");
        assert_eq!(status.is_final(), status.next().is_empty(), "{status}");
        assert_eq!(status.is_final(), !LEGAL.iter().any(|(from, _)| *from == status), "{status}");
    }
}

#[test]
fn an_illegal_transition_names_what_is_allowed() {
    let refused = Transition::new(Pending, Shipped).unwrap_err();
    let expected =
        IllegalTransition { from: Pending, to: Shipped, allowed: &[Processing, Cancelled] };
    assert_eq!(refused, expected);
    assert_eq!(
        refused.to_string(),
        "PENDING may not become SHIPPED; allowed: PROCESSING, CANCELLED"
    );
    let refused = Transition::new(Refunded, Pending).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "REFUNDED may not become PENDING; allowed: nothing: it is final"
    );
}

#[test]
fn a_status_is_its_token_everywhere() {
    for &status in OrderStatus::ALL {
        let token = status.token();
        assert_eq!(status.to_string(), token);
        assert_eq!(token.parse(), Ok(status));
        assert_eq!(OrderStatus::parse(token), Some(status));
        assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{token}\""));
        assert_eq!(serde_json::from_str::<OrderStatus>(&format!("\"{token}\"")).unwrap(), status);
    }
    assert_eq!(OrderStatus::parse("pending"), None);
    let refused = "pending".parse::<OrderStatus>().unwrap_err();
    assert!(refused.to_string().starts_with("status: expected PENDING, "), "{refused}");
    assert!(serde_json::from_str::<OrderStatus>("\"LOST\"").is_err());
}

#[test]
fn progress_has_a_step_for_each_status_on_the_way() {
    let steps = OrderStatus::ALL.iter().map(|status| status.face().step);
    assert!(steps.eq([Some(1), Some(2), Some(3), Some(4), None, None]));
}

#[test]
fn a_face_is_told_in_camel_case() {
    assert_eq!(
        serde_json::to_value(Shipped.face()).unwrap(),
        serde_json::json!({
            "label": "Shipped",
            "description": "Your order is on its way.",
            "step": 3,
            "color": "progress",
            "icon": "truck",
        })
    );
}

#[test]
fn a_plain_face_takes_its_label_from_the_token() {
    assert_eq!(Face::plain("OUT_FOR_DELIVERY").label, "Out for delivery");
    assert_eq!(Face::plain("").label, "");
    assert_eq!(Face::plain("READY").color, ColorRole::Neutral);
}

#[test]
fn the_florists_machine_is_sound() {
    assert_eq!(check::<Bouquet>(), Ok(()));
}

/// A machine A → B → C, with one fault in each case but `SOUND`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Broken<const CASE: u8>(u8);

const SOUND: u8 = 0;
const NO_STATUSES: u8 = 1;
const EMPTY_TOKEN: u8 = 2;
const LOWER_CASE_TOKEN: u8 = 3;
const LONG_TOKEN: u8 = 4;
const SHARED_TOKEN: u8 = 5;
const LISTED_TWICE: u8 = 6;
const UNKNOWN_INITIAL: u8 = 7;
const UNKNOWN_TARGET: u8 = 8;
const SELF_EDGE: u8 = 9;
const DUPLICATE_EDGE: u8 = 10;
const UNREACHABLE: u8 = 11;

/// One byte more than a token may have.
const LONG: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl<const CASE: u8> Lifecycle for Broken<CASE> {
    const ALL: &'static [Self] = match CASE {
        NO_STATUSES => &[],
        LISTED_TWICE => &[Self(0), Self(1), Self(2), Self(1)],
        _ => &[Self(0), Self(1), Self(2)],
    };
    const INITIAL: Self = if CASE == UNKNOWN_INITIAL { Self(9) } else { Self(0) };

    fn token(self) -> &'static str {
        match (CASE, self.0) {
            (EMPTY_TOKEN, 1) => "",
            (LOWER_CASE_TOKEN, 1) => "b",
            (LONG_TOKEN, 1) => LONG,
            (SHARED_TOKEN, 2) => "B",
            (_, 0) => "A",
            (_, 1) => "B",
            (_, 2) => "C",
            _ => "X",
        }
    }

    fn next(self) -> &'static [Self] {
        match (CASE, self.0) {
            (UNKNOWN_TARGET, 1) => &[Self(9)],
            (SELF_EDGE, 1) => &[Self(2), Self(1)],
            (DUPLICATE_EDGE, 1) => &[Self(2), Self(2)],
            (UNREACHABLE, 1) => &[],
            (_, 0) => &[Self(1)],
            (_, 1) => &[Self(2)],
            _ => &[],
        }
    }
}

#[test]
fn a_broken_machine_is_told_its_fault() {
    fn fault<const CASE: u8>() -> LifecycleFault {
        check::<Broken<CASE>>().unwrap_err()
    }
    let bad = |token| LifecycleFault::BadToken { status: "Broken(1)".to_owned(), token };

    assert_eq!(check::<Broken<SOUND>>(), Ok(()));
    assert_eq!(fault::<NO_STATUSES>(), LifecycleFault::NoStatuses);
    assert_eq!(fault::<EMPTY_TOKEN>(), bad(""));
    assert_eq!(fault::<LOWER_CASE_TOKEN>(), bad("b"));
    assert_eq!(LONG.len(), 65);
    assert_eq!(fault::<LONG_TOKEN>(), bad(LONG));
    assert_eq!(fault::<SHARED_TOKEN>(), LifecycleFault::DuplicateToken { token: "B" });
    assert_eq!(fault::<LISTED_TWICE>(), LifecycleFault::DuplicateToken { token: "B" });
    assert_eq!(fault::<UNKNOWN_INITIAL>(), LifecycleFault::UnknownInitial { status: "X" });
    assert_eq!(fault::<UNKNOWN_TARGET>(), LifecycleFault::UnknownTarget { from: "B", to: "X" });
    assert_eq!(fault::<SELF_EDGE>(), LifecycleFault::SelfEdge { status: "B" });
    assert_eq!(fault::<DUPLICATE_EDGE>(), LifecycleFault::DuplicateEdge { from: "B", to: "C" });
    assert_eq!(fault::<UNREACHABLE>(), LifecycleFault::Unreachable { status: "C" });
    assert_eq!(fault::<UNREACHABLE>().to_string(), "C cannot be reached from the initial status");
}

#[test]
fn a_transition_cannot_be_forged() {
    // Two files, because the compiler stops at the first kind of error.
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/forged_transition.rs");
    cases.compile_fail("tests/ui/altered_transition.rs");
}

/// Compares the block of that name in the docs, or rewrites it if `UPDATE_DOCS` is set.
fn assert_documented(name: &str, language: &str, body: &str) {
    static ONE_WRITER: Mutex<()> = Mutex::new(());
    let _alone = ONE_WRITER.lock().unwrap_or_else(PoisonError::into_inner);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lifecycle.md");
    let page = std::fs::read_to_string(&path).expect("docs/lifecycle.md of the repository");
    let expected =
        if language.is_empty() { body.to_owned() } else { format!("```{language}\n{body}```\n") };
    let (before, rest) = page
        .split_once(&format!("<!-- generated: {name} -->\n"))
        .unwrap_or_else(|| panic!("docs/lifecycle.md has no block {name:?}"));
    let end = rest.find("<!-- end -->").expect("an end of the block");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let after = &rest[end..];
        let page = format!("{before}<!-- generated: {name} -->\n{expected}{after}");
        std::fs::write(&path, page).unwrap();
    } else {
        let hint = "UPDATE_DOCS=1 rewrites docs/lifecycle.md";
        assert_eq!(&rest[..end], expected, "the block {name:?} is out of date; {hint}");
    }
}

#[test]
fn the_diagrams_in_the_docs_are_those_of_the_tables() {
    assert_documented("mermaid", "mermaid", &diagram::mermaid::<OrderStatus>());
    assert_documented("text", "text", &diagram::text::<OrderStatus>());
    assert_documented("florist mermaid", "mermaid", &diagram::mermaid::<Bouquet>());
    assert_documented("florist text", "text", &diagram::text::<Bouquet>());
}

#[test]
fn the_faces_in_the_docs_are_those_of_the_table() {
    let mut table = String::from(
        "| status | label | description | step | colour | icon | finality |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for &status in OrderStatus::ALL {
        let Face { label, description, step, color, icon } = status.face();
        let step = step.map_or("none".to_owned(), |step| step.to_string());
        let row = format!(
            "| {status} | {label} | {description} | {step} | {color:?} | `{icon}` | {:?} |\n",
            status.finality()
        );
        table.push_str(&row);
    }
    assert_documented("faces", "", &table);
}

#[test]
fn the_florist_in_the_docs_is_the_tested_one() {
    assert_documented("florist code", "rust", include_str!("common/florist.rs"));
}
