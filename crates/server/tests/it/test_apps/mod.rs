//! Test apps (D15): made by a page, used for a week, claimed or gone.

mod claiming;
mod ending;
mod inbox;
mod making;
mod using;

use ginnel::ids::{AppId, UserId};
use serde_json::{Value as Json, json};

use crate::support::{Call, ORIGIN, TestApp};

/// What a page sends that has no app id.
pub fn ask(app: &TestApp, origin: &str) -> Call {
    ask_with(
        app,
        origin,
        &json!({ "auth_origin": origin, "name": "Try" }),
    )
}

/// The same with another body.
pub fn ask_with(app: &TestApp, origin: &str, body: &Json) -> Call {
    app.call("POST", "/api/v1/apps")
        .header("origin", origin)
        .body(body.to_string())
}

/// A test app in use.
pub struct Trial {
    /// The node, for the test app.
    pub app: TestApp,
    pub secret: String,
}

impl TestApp {
    /// A test app of a page at [`ORIGIN`].
    pub async fn trial(&self) -> Trial {
        let made = ask(self, ORIGIN).await.expect(200);
        Trial {
            app: self.about(&id_of(&made)),
            secret: made["claim_secret"].as_str().unwrap().to_owned(),
        }
    }

    /// Somebody who may use the Console, made past its doors.
    pub async fn member(&self, name: &str) -> UserId {
        let address = format!("{name}@console.example");
        let origin = ginnel::domain::users::Origin::Management;
        self.made_user(&address, origin).await.id
    }
}

pub fn id_of(made: &Json) -> AppId {
    made["app"]["id"].as_str().unwrap().parse().unwrap()
}
