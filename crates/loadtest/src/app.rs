//! An app under test: its addresses, and how many users it has by now.

use std::cell::Cell;

/// Where the app's pages run. Nothing listens there: an origin is only a name.
pub const ORIGIN: &str = "http://localhost:8080";

/// An app of the server under test. Its users are numbered from 0, and everything about them follows from the number.
pub struct TestedApp {
    pub id: String,
    pub rp_id: String,
    /// Where its pages run.
    pub origin: String,
    pub paths: Paths,
    /// Users from 0 on whose address is proven, so that a link just signs them in.
    pub proven: Cell<u64>,
    users: Cell<u64>,
    numbers: Cell<u64>,
}

/// Where the app's operations are.
pub struct Paths {
    pub register_start: String,
    pub register_finish: String,
    pub login_start: String,
    pub login_finish: String,
    pub register_link: String,
    pub login_link: String,
    pub activate_link: String,
    pub activate_code: String,
    pub tokens: String,
    pub current_user: String,
    pub verify: String,
    pub jwks: String,
}

impl TestedApp {
    /// An app that has so many users already.
    pub fn new(id: String, rp_id: String, origin: String, users: u64) -> Self {
        let path = |end: &str| format!("/auth/v1/apps/{id}/{end}");
        let paths = Paths {
            register_start: path("register/webauthn/start"),
            register_finish: path("register/webauthn/finish"),
            login_start: path("login/webauthn/start"),
            login_finish: path("login/webauthn/finish"),
            register_link: path("register/magic-link"),
            login_link: path("login/magic-link"),
            activate_link: path("magic-link/activate"),
            activate_code: path("otp/activate"),
            tokens: path("tokens"),
            current_user: path("currentuser"),
            verify: path("verify"),
            jwks: path(".well-known/jwks.json"),
        };
        TestedApp {
            id,
            rp_id,
            origin,
            paths,
            proven: Cell::new(0),
            users: Cell::new(users),
            numbers: Cell::new(1),
        }
    }

    /// Users made, or being made.
    pub fn users(&self) -> u64 {
        self.users.get()
    }

    /// The number of a user who does not exist yet.
    pub fn next_user(&self) -> u64 {
        self.users.replace(self.users() + 1)
    }

    /// Any of the first `among` users; the same sequence in each run (xorshift64).
    pub fn any_user(&self, among: u64) -> u64 {
        let mut number = self.numbers.get();
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        self.numbers.set(number);
        number % among
    }

    /// E-mail address of a user.
    pub fn identifier(user: u64) -> String {
        format!("user-{user}@example.com")
    }
}
