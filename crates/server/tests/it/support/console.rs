//! Members in the Console: a browser with the cookie, which sends forms as the pages do.

use axum::http::header;
use ginnel::domain::console;
use ginnel::domain::members::Role;
use ginnel::ids::{AppId, UserId};

use super::{Call, Response, TestApp, User, Visitor};

/// Where the Console stands.
pub const CONSOLE: &str = "http://localhost:8400";

/// The Console of an installation.
#[derive(Clone)]
pub struct Console {
    /// Around the Console's own app.
    pub app: TestApp,
}

impl TestApp {
    /// The Console, opened as a start of the server does.
    pub async fn console(&self) -> Console {
        let record = self.blocking(|app| console::open(app).unwrap()).await;
        Console {
            app: self.about(&record.id),
        }
    }
}

impl Console {
    /// A page of the Console, nobody signed in.
    pub fn page(&self) -> Visitor {
        Visitor::new(self.app.clone(), CONSOLE)
    }

    /// Somebody who signs up and enters; the first of an installation is its operator.
    pub async fn member(&self, email: &str) -> Member {
        let user = User::sign_up(self.page(), email).await;
        self.enter(user).await
    }

    /// Exchanges somebody's token for the cookie.
    pub async fn enter(&self, user: User) -> Member {
        let answer = self
            .app
            .call("POST", "/console/session")
            .header("origin", CONSOLE)
            .bearer(user.auth_token())
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let cookie = answer.header("set-cookie").unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let mut member = Member {
            console: self.clone(),
            user,
            cookie,
            csrf: String::new(),
        };
        let home = member.get("/console/apps/new").await;
        assert_eq!(home.status, 200, "{}", home.text());
        member.csrf = field(&home.text(), "csrf");
        member
    }

    /// A member who is this to an app, an operator standing beside so that they are none themselves.
    pub async fn member_of(&self, app: &AppId, email: &str, role: Role) -> Member {
        let console_id = self.app.id.clone();
        let needs = self
            .app
            .read(move |tx| console::needs_operator(tx, &console_id))
            .await;
        if needs {
            self.member("operator@example.com").await;
        }
        let member = self.member(email).await;
        member.becomes(app, role).await;
        member
    }
}

/// The value of a page's first field of this name.
pub fn field(html: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = html.split_once(&start).expect("the page has the field");
    rest.split('"').next().unwrap().to_owned()
}

/// Somebody in the Console.
pub struct Member {
    pub console: Console,
    pub user: User,
    /// `name=value`, as it is sent.
    pub cookie: String,
    /// What their forms carry.
    pub csrf: String,
}

impl Member {
    /// Who it is.
    pub fn id(&self) -> UserId {
        self.user.id.parse().unwrap()
    }

    /// Makes them this to an app.
    pub async fn becomes(&self, app: &AppId, role: Role) {
        let (app, id, now) = (app.clone(), self.id(), self.console.app.now());
        self.console
            .app
            .write(move |tx| tx.update_member(&app, &id, role, now))
            .await;
    }

    /// A request with the cookie.
    pub fn call(&self, method: &str, path: &str) -> Call {
        let call = self.console.app.call(method, path);
        call.header("cookie", &self.cookie)
    }

    /// A page.
    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    /// A form as a page sends it.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Call {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &self.csrf);
        for (name, value) in fields {
            form.append_pair(name, value);
        }
        self.call("POST", path)
            .header("origin", CONSOLE)
            .body(form.finish())
            .header("content-type", "application/x-www-form-urlencoded")
    }
}

impl Response {
    /// Where a redirect leads; the answer must be 303.
    #[track_caller]
    pub fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text());
        self.header(header::LOCATION.as_str()).unwrap()
    }
}
