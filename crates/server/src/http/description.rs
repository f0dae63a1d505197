//! What `/openapi.json` says of every operation: the refusals that do not come from its handler, and their headers.
//!
//! A handler's own `responses` name what it answers; where it says more of one of these, that stands.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder, schema};

/// Paths that answer whatever the `Host`.
const ANY_HOST: [&str; 4] = [
    "/healthz",
    "/readyz",
    "/.well-known/assetlinks.json",
    "/.well-known/apple-app-site-association",
];

/// Adds what all operations have in common.
pub fn complete(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let all = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in all {
            if let Some(operation) = operation {
                complete_operation(path, method, operation);
            }
        }
    }
}

fn complete_operation(path: &str, method: &str, operation: &mut Operation) {
    let mut refusals = vec![
        (400, "`invalid_request`: the request cannot be read"),
        (429, "`rate_limited`: too many requests"),
        (500, "`internal_server_error`"),
        (503, "`unavailable`: the database or a key"),
    ];
    if !ANY_HOST.contains(&path) {
        let sentence = "`misdirected_request`: the `Host` is none of this server's";
        refusals.push((421, sentence));
    }
    if operation.request_body.is_some() {
        refusals.push((408, "`invalid_request`: the body did not arrive in time"));
        refusals.push((413, "`invalid_request`: the body is larger than 64 KiB"));
    }
    let is_public =
        method == "get" && (path.ends_with("/{app_id}") || path.contains("/.well-known/"));
    if path.starts_with("/auth/") && !is_public {
        let sentence =
            "`operation_not_allowed`, reason `origin_not_allowed`: a page on a foreign origin";
        refusals.push((403, sentence));
    }
    let responses = &mut operation.responses.responses;
    for (status, sentence) in refusals {
        let common = || RefOr::T(refusal(sentence));
        responses.entry(status.to_string()).or_insert_with(common);
    }
    for (status, response) in responses {
        let RefOr::T(response) = response else {
            continue;
        };
        if response.description.is_empty() {
            response.description = meaning(status).to_owned();
        }
        let header = match status.as_str() {
            "429" | "503" => ("Retry-After", schema::Type::Integer, "Seconds to wait."),
            "401" if operation.security.is_some() => {
                let sentence = "RFC 6750 §3; only with `invalid_access_token`.";
                ("WWW-Authenticate", schema::Type::String, sentence)
            }
            _ => continue,
        };
        let (name, kind, sentence) = header;
        let schema = schema::ObjectBuilder::new().schema_type(kind).build();
        let header = HeaderBuilder::new()
            .schema(Some(schema))
            .description(Some(sentence))
            .build();
        response.headers.insert(name.to_owned(), RefOr::T(header));
    }
}

fn refusal(sentence: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("ErrorBody")));
    ResponseBuilder::new()
        .description(sentence)
        .content("application/json", content)
        .build()
}

/// What a status means where a handler says no more than that it answers it.
fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "done",
        "201" => "made",
        "202" => "taken",
        "204" => "done, and nothing to say",
        "400" => "`invalid_request`: the sentence says what to write",
        "401" => "not proven; the code says what",
        "403" => "not allowed; the code and the reason say why",
        "404" => "there is no such thing; the code says what",
        "409" => "the user's state does not allow it",
        "429" => "`rate_limited`: too many tries",
        "503" => "`unavailable`: try again shortly",
        _ => "refused",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    fn operations() -> Vec<(String, Json)> {
        let document: Json = serde_json::from_str(&crate::http::openapi_text()).unwrap();
        let paths = document["paths"].as_object().unwrap().clone();
        paths
            .into_iter()
            .flat_map(|(path, item)| {
                let methods = item.as_object().unwrap().clone();
                methods
                    .into_iter()
                    .map(move |(method, operation)| (format!("{method} {path}"), operation))
            })
            .collect()
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let text = crate::http::openapi_text();
        let document: Json = serde_json::from_str(&text).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let references = text.split("\"#/components/schemas/").skip(1);
        for name in references.map(|rest| rest.split('"').next().unwrap()) {
            assert!(schemas.contains_key(name), "{name}");
        }
    }

    #[test]
    fn every_operation_names_what_any_request_may_meet() {
        let operations = operations();
        assert!(operations.len() > 40);
        for (name, operation) in operations {
            let responses = &operation["responses"];
            for status in ["400", "429", "500", "503"] {
                assert!(responses[status].is_object(), "{name}: {status}");
            }
            for status in ["429", "503"] {
                let headers = &responses[status]["headers"];
                assert!(headers["Retry-After"].is_object(), "{name}: {status}");
            }
            let has_body = operation["requestBody"].is_object();
            assert_eq!(responses["413"].is_object(), has_body, "{name}");
            let described = responses.as_object().unwrap().values();
            let mut sentences = described.map(|response| response["description"].as_str());
            assert!(sentences.all(|text| text != Some("")), "{name}");
        }
    }
}
