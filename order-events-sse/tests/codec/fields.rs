//! What may be a name or an id, and how the others are refused.

use order_events_sse::{Fault, Field, FieldError, Id, Name};

#[test]
fn a_line_break_or_nul_is_refused_wherever_it_stands() {
    for (text, fault) in [
        ("\n", Fault::LineBreak { at: 0 }),
        ("a\r", Fault::LineBreak { at: 1 }),
        ("é\nb\0", Fault::LineBreak { at: 2 }),
        ("\0", Fault::Nul { at: 0 }),
        ("ab\0c\n", Fault::Nul { at: 2 }),
    ] {
        assert_eq!(Name::new(text), Err(FieldError { field: Field::Event, fault }), "{text:?}");
        assert_eq!(Id::new(text), Err(FieldError { field: Field::Id, fault }), "{text:?}");
        assert_eq!(Name::try_from(text), Name::new(text));
        assert_eq!(Id::try_from(text), Id::new(text));
    }
}

#[test]
fn a_name_is_neither_empty_nor_one_that_event_source_fires_itself() {
    let refused = |fault| Err(FieldError { field: Field::Event, fault });
    assert_eq!(Name::new(""), refused(Fault::Empty));
    assert_eq!(Name::new("open"), refused(Fault::Reserved));
    assert_eq!(Name::new("error"), refused(Fault::Reserved));
    // Names are compared as they are, so these are others.
    for name in ["Open", "opened", "error ", " error", "message"] {
        assert_eq!(Name::new(name).map(Name::as_str), Ok(name));
    }
}

#[test]
fn an_id_may_be_empty_or_read_like_a_name_of_event_source() {
    for id in ["", "open", "error", "7f3k9q.129", " ", ":"] {
        assert_eq!(Id::new(id).map(Id::as_str), Ok(id));
    }
}

#[test]
fn what_ends_no_line_is_taken() {
    let odd = "a: b\u{2028}\u{2029}\u{85}\u{b}\u{c}\t\u{feff}注文📦";
    assert_eq!(Name::new(odd).map(Name::as_str), Ok(odd));
    assert_eq!(Id::new(odd).map(Id::as_str), Ok(odd));
}

#[test]
fn messages_say_what_is_wrong_and_never_repeat_the_text() {
    let secret = "tok3n";
    for (error, message) in [
        (Name::new("").unwrap_err(), "event: must not be empty"),
        (Name::new("error").unwrap_err(), "event: is one of EventSource's own names"),
        (
            Id::new(&format!("{secret}\n{secret}")).unwrap_err(),
            "id: must not contain line breaks, has one at byte 5",
        ),
        (
            Name::new(&format!("{secret}\0{secret}")).unwrap_err(),
            "event: must not contain NUL, has one at byte 5",
        ),
    ] {
        assert_eq!(error.to_string(), message);
        assert!(!format!("{error} {error:?}").contains(secret));
    }
}

#[test]
fn a_name_shows_as_its_text() {
    let name = Name::new("order.note").unwrap();
    assert_eq!(
        format!("{name}|{name:>12}|{name:?}"),
        r#"order.note|  order.note|Name("order.note")"#
    );
    assert_eq!(format!("{:?}", Id::new("a\t").unwrap()), r#"Id("a\t")"#);
    assert_eq!((name.as_ref(), Id::new("7").unwrap().as_ref()), ("order.note", "7"));
}
