//! The forms on a page, as a browser reads and sends them.

use url::form_urlencoded::Serializer;

/// A form: where it goes, and its fields with what stands in them.
#[derive(Debug)]
pub struct Form {
    /// Its path, without a fragment.
    pub action: String,
    /// Names and values in order; a switch that is off has no field.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// The form of a page whose action ends so.
    #[track_caller]
    pub fn on(html: &str, action: &str) -> Form {
        let forms: Vec<_> = html.split("<form ").skip(1).map(Form::read).collect();
        let found = forms.into_iter().find(|form| form.action.ends_with(action));
        found.unwrap_or_else(|| panic!("no form goes to {action} in {html}"))
    }

    fn read(rest: &str) -> Form {
        let (tag, rest) = rest.split_once('>').unwrap();
        let body = rest.split("</form>").next().unwrap();
        let action = attribute(tag, "action").unwrap_or_default();
        let mut fields = Vec::new();
        for part in body.split('<') {
            let (tag, text) = part.split_once('>').unwrap_or((part, ""));
            let name = attribute(tag, "name");
            match (tag.split_whitespace().next(), name) {
                (Some("input"), Some(name)) => {
                    let is_off = tag.contains("type=\"checkbox\"") && !tag.ends_with(" checked");
                    if !is_off {
                        fields.push((name, attribute(tag, "value").unwrap_or_default()));
                    }
                }
                // HTML drops the line break that begins a text area.
                (Some("textarea"), Some(name)) => {
                    let text = text.strip_prefix('\n').unwrap_or(text);
                    fields.push((name, decoded(text)));
                }
                (Some("select"), Some(name)) => fields.push((name, String::new())),
                (Some("option"), _) if tag.contains(" selected") => {
                    let value = attribute(tag, "value").unwrap_or_else(|| decoded(text));
                    fields.last_mut().expect("an option stands in a select").1 = value;
                }
                _ => {}
            }
        }
        Form {
            action: action.split('#').next().unwrap().to_owned(),
            fields,
        }
    }

    /// What stands in a field.
    #[track_caller]
    pub fn value(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|field| field.0 == name);
        &found
            .unwrap_or_else(|| panic!("no field {name} in {self:?}"))
            .1
    }

    /// Types into a field; `None` switches a switch off.
    pub fn typing(mut self, name: &str, value: Option<&str>) -> Self {
        self.fields.retain(|field| field.0 != name);
        if let Some(value) = value {
            self.fields.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// As it is sent.
    pub fn encoded(&self) -> String {
        let mut serializer = Serializer::new(String::new());
        for (name, value) in &self.fields {
            serializer.append_pair(name, value);
        }
        serializer.finish()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| decoded(value))
}

fn decoded(text: &str) -> String {
    let mut text = text.to_owned();
    for (entity, character) in [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    text
}
