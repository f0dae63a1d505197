//! A schema of the PostgreSQL server that `TEST_DATABASE_URL` names, for what opens its database by itself.

use postgres::{Client, NoTls};

/// A schema, dropped with its content at the end.
pub struct Schema {
    admin_url: String,
    name: String,
}

impl Schema {
    /// `None` if there is no server; the stories on PostgreSQL say so.
    pub fn new(test: &str) -> Option<Self> {
        let admin_url = std::env::var("TEST_DATABASE_URL").ok()?;
        let schema = Schema {
            admin_url,
            name: format!("ginnel_test_{}_{test}", std::process::id()),
        };
        schema.execute("CREATE SCHEMA", "");
        Some(schema)
    }

    /// The address of a database that seems to hold this schema alone.
    pub fn url(&self) -> String {
        let separator = if self.admin_url.contains('?') {
            '&'
        } else {
            '?'
        };
        let (url, name) = (&self.admin_url, &self.name);
        format!("{url}{separator}options=-csearch_path%3D{name}")
    }

    fn execute(&self, before: &str, after: &str) {
        let mut client = Client::connect(&self.admin_url, NoTls).unwrap();
        let statement = format!("{before} {} {after}", self.name);
        client.batch_execute(&statement).unwrap();
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.execute("DROP SCHEMA", "CASCADE");
        }
    }
}
