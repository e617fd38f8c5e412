//! Who may be tried out. A shop of one's own has accounts, and asks for a password.

use order_events_core::Denied;

use crate::auth::{Role, User};

/// Somebody with an account.
#[derive(Debug)]
pub struct Person {
    /// Their account, and so the customer of their orders.
    pub id: &'static str,
    /// What pages call them.
    pub name: &'static str,
    /// What they are.
    pub role: Role,
}

impl Person {
    /// Whether they work here.
    pub fn is_staff(&self) -> bool {
        self.role == Role::Admin
    }
}

/// Everybody with an account.
#[derive(Debug)]
pub struct People(pub &'static [Person]);

impl People {
    /// Whose account this is.
    pub fn of(&self, account: &str) -> Option<&'static Person> {
        self.0.iter().find(|person| person.id == account)
    }

    /// Who this is, if they work here. A token that says so is not enough: whoever signed it may
    /// have signed others, of shops that this one knows nothing of.
    pub fn staff(&self, user: &User) -> Result<&'static Person, Denied> {
        user.must_be_admin()?;
        self.of(user.id.as_str()).filter(|person| person.is_staff()).ok_or(Denied::Forbidden)
    }

    /// What pages call whoever has this account.
    pub fn name_of<'a>(&self, account: &'a str) -> &'a str {
        self.of(account).map_or(account, |person| person.name)
    }
}
