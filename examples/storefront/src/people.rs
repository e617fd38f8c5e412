//! Who may be tried out. A shop of one's own has accounts, and asks for a password.

use shop::Role;

/// Somebody with an account.
#[derive(Debug)]
pub(crate) struct Person {
    /// Their account, and so the customer of their orders.
    pub(crate) id: &'static str,
    /// What pages call them.
    pub(crate) name: &'static str,
    /// What they are.
    pub(crate) role: Role,
}

const PEOPLE: [Person; 4] = [
    Person { id: "anna", name: "Anna Berg", role: Role::Customer },
    Person { id: "ben", name: "Ben Okoro", role: Role::Customer },
    Person { id: "sam", name: "Sam Lindqvist", role: Role::Admin },
    Person { id: "rita", name: "Rita Novak", role: Role::Admin },
];

impl Person {
    /// Whose account this is.
    pub(crate) fn of(account: &str) -> Option<&'static Self> {
        PEOPLE.iter().find(|person| person.id == account)
    }

    /// What pages call whoever has this account.
    pub(crate) fn name_of(account: &str) -> &str {
        Self::of(account).map_or(account, |person| person.name)
    }

    /// Whether they work here.
    pub(crate) fn is_staff(&self) -> bool {
        self.role == Role::Admin
    }
}
