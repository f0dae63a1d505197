//! The vectors of `sdks/vectors`, which every SDK judges alike; what they mean is told in the README there. Each case is
//! named when it is run, and all that fail are named together.

use std::fs;
use std::time::Duration;

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use serde_json::Value;
use tokio::net::TcpListener;

use super::server::{Answer, KeyServer, response};
use super::support::{Hands, NOW};
use crate::{Algorithm, Builder, Error, Ginnel, KeySet as _, RemoteKeySet, StaticKeySet};

fn read(file: &str) -> Value {
    let path = format!("{}/../vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// The list of cases, which is never empty.
fn cases(document: &Value) -> &Vec<Value> {
    let cases = document["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    cases
}

/// What each case came to, to be told at the end.
#[derive(Default)]
struct Report {
    run: usize,
    failed: Vec<String>,
}

impl Report {
    fn check<T: PartialEq + std::fmt::Debug>(&mut self, case: &Value, outcome: T, expected: T) {
        self.run += 1;
        let name = text(&case["name"]);
        println!("{name}: {outcome:?}");
        if outcome != expected {
            self.failed
                .push(format!("{name}: {outcome:?}, and {expected:?} is expected"));
        }
    }

    #[track_caller]
    fn end(self) {
        let Report { run, failed } = self;
        assert!(
            failed.is_empty(),
            "{} of {run}:\n{}",
            failed.len(),
            failed.join("\n")
        );
    }
}

fn code<T>(outcome: Result<T, Error>) -> Result<T, String> {
    outcome.map_err(|error| error.code().to_string())
}

/// The client that a file's `app_id`, `issuer`, `leeway` and `now` ask for.
fn builder(file: &Value, key_set: StaticKeySet) -> Builder {
    Ginnel::builder(text(&file["app_id"]))
        .issuer(text(&file["issuer"]))
        .leeway(Duration::from_secs(file["leeway"].as_u64().unwrap()))
        .key_set(key_set)
        .clock(Hands::new(file["now"].as_f64().unwrap()).clock())
}

async fn judge_tokens(file: &str) {
    let file = read(file);
    let mut report = Report::default();
    for case in cases(&file) {
        let key_set = StaticKeySet::new(&file["key_sets"][text(&case["key_set"])]).unwrap();
        let mut builder = builder(&file, key_set);
        if let Some(names) = case["algorithms"].as_array() {
            let algorithm = |name| Algorithm::from_name(text(name)).unwrap();
            builder = builder.algorithms(names.iter().map(algorithm));
        }
        let ginnel = builder.build().unwrap();
        let outcome = code(ginnel.validate_token(text(&case["token"])).await);
        let outcome = outcome.map(|claims| claims.sub);
        let expected = match case["error"].as_str() {
            Some(code) => Err(code.to_owned()),
            None => Ok(text(&case["valid"]["sub"]).to_owned()),
        };
        report.check(case, outcome, expected);
    }
    report.end();
}

#[tokio::test]
async fn tokens() {
    judge_tokens("tokens.json").await;
}

#[tokio::test]
async fn wycheproof() {
    judge_tokens("wycheproof-jws.json").await;
}

#[tokio::test]
async fn key_sets() {
    let file = read("key-sets.json");
    let mut report = Report::default();
    for case in cases(&file) {
        let body = text(&case["body"]);
        let server = KeyServer::new(Answer::Bytes(response(200, &[], body))).await;
        let remote = RemoteKeySet::new(&server.url()).unwrap();
        let fixed = StaticKeySet::from_json(body);
        if case["error"] == true {
            let outcome = (
                code(fixed.map(drop)),
                code(remote.find("good").await.map(drop)),
            );
            let expected = ("configuration", "keys_unavailable");
            report.check(
                case,
                outcome,
                (Err(expected.0.into()), Err(expected.1.into())),
            );
            continue;
        }
        let expected: Vec<&str> = case["kids"].as_array().unwrap().iter().map(text).collect();
        // Asked for are also the ids that keys of the document have, so that one which is left out is noticed.
        let document: Value = serde_json::from_str(body).unwrap();
        let published = document["keys"].as_array().unwrap();
        let mut asked: Vec<&str> = published
            .iter()
            .filter_map(|key| key["kid"].as_str())
            .collect();
        asked.extend(expected.iter().chain(&["", "nobody"]));
        let fixed = fixed.unwrap();
        for kid in asked {
            let found =
                |key: Option<crate::VerificationKey>| key.is_some_and(|key| key.kid() == kid);
            let outcome = (
                code(fixed.find(kid).await).map(found),
                code(remote.find(kid).await).map(found),
            );
            let there = expected.contains(&kid);
            report.check(case, outcome, (Ok(there), Ok(there)));
        }
    }
    report.end();
}

#[tokio::test]
async fn answers() {
    let file = read("answers.json");
    let mut report = Report::default();
    for case in cases(&file) {
        let behaviour = case["behaviour"].as_str();
        let answer = match behaviour {
            Some("hang") => Answer::Hang(Vec::new()),
            Some("drip") => Answer::Drip,
            Some("close" | "refuse") => Answer::Bytes(Vec::new()),
            Some(other) => panic!("{other}: no behaviour that is known here"),
            None => Answer::Bytes(answer_bytes(case)),
        };
        let server = KeyServer::new(answer).await;
        let elsewhere = answer_bytes(&file["cases"][0]);
        server.answer_elsewhere("/jwks.json", Answer::Bytes(elsewhere));
        let url = match behaviour {
            Some("refuse") => nobody().await,
            _ => format!("{}/jwks.json", server.url()),
        };
        let timeout = match behaviour {
            Some("hang" | "drip") => Duration::from_millis(300),
            _ => Duration::from_secs(60),
        };
        let hands = Hands::new(NOW);
        let keys = RemoteKeySet::new(&url)
            .unwrap()
            .timeout(timeout)
            .clock(hands.clock());
        let ask = || async { code(keys.find("eddsa-current").await).map(|key| key.is_some()) };
        let expected = match case["error"].as_str() {
            Some(code) => Err(code.to_owned()),
            None => Ok(true),
        };
        report.check(case, ask().await, expected.clone());
        let Some(wait) = case["retry_after"].as_f64() else {
            continue;
        };
        hands.pass(wait - 0.001);
        report.check(
            case,
            (ask().await, server.requests().len()),
            (expected.clone(), 1),
        );
        hands.pass(0.001);
        report.check(case, (ask().await, server.requests().len()), (expected, 2));
    }
    report.end();
}

fn answer_bytes(case: &Value) -> Vec<u8> {
    let headers = case["headers"].as_object().unwrap();
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), text(value)))
        .collect();
    let mut body = text(&case["body"]).to_owned();
    if let Some(times) = case["body_repeat"]["times"].as_u64() {
        body += &text(&case["body_repeat"]["text"]).repeat(times.try_into().unwrap());
    }
    response(
        case["status"].as_u64().unwrap().try_into().unwrap(),
        &headers,
        &body,
    )
}

/// An address at which nobody listens.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/jwks.json", listener.local_addr().unwrap())
}

#[tokio::test]
async fn requests() {
    let file = read("requests.json");
    let key_set = StaticKeySet::new(&file["key_set"]).unwrap();
    let ginnel = builder(&file, key_set).build().unwrap();
    let mut report = Report::default();
    for case in cases(&file) {
        let field = |field: &Value| {
            let name = HeaderName::from_bytes(text(&field[0]).as_bytes()).unwrap();
            let value = HeaderValue::from_bytes(text(&field[1]).as_bytes()).unwrap();
            (name, value)
        };
        let mut headers = HeaderMap::new();
        for (name, value) in case["headers"].as_array().unwrap().iter().map(field) {
            headers.append(name, value);
        }
        let expected = match case["error"].as_str() {
            Some(code) => Err(code.to_owned()),
            None => Ok(text(&case["sub"]).to_owned()),
        };
        report.check(
            case,
            code(ginnel.authenticate_request(&headers).await),
            expected,
        );
    }
    report.end();
}

/// No request can be made: there is no runtime here to make one on.
#[test]
fn options() {
    let file = read("options.json");
    let mut report = Report::default();
    for case in cases(&file) {
        let options = &case["options"];
        let expected = match case["error"].as_str() {
            Some(code) => Err(code.to_owned()),
            None => Ok(text(&case["issuer"]).to_owned()),
        };
        let variable = case["env"]["GINNEL_URL"].as_str();
        let outcome = match typed(options) {
            Some(builder) => code(builder.build_with(variable.map(Into::into)))
                .map(|ginnel| ginnel.issuer().to_owned()),
            None => {
                println!("{}: Rust's types do not allow it", case["name"]);
                Err("configuration".to_owned())
            }
        };
        report.check(case, outcome, expected);
    }
    report.end();
}

/// The options as a program would write them; `None` when it would not compile.
fn typed(options: &Value) -> Option<Builder> {
    let mut builder = Ginnel::builder(text(&options["app_id"]));
    for (name, value) in options.as_object().unwrap() {
        builder = match name.as_str() {
            "app_id" => builder,
            "url" => builder.url(text(value)),
            "issuer" => builder.issuer(text(value)),
            "leeway" => builder.leeway(Duration::try_from_secs_f64(value.as_f64()?).ok()?),
            "algorithms" => {
                let names = value.as_array()?.iter();
                let algorithms: Option<Vec<_>> =
                    names.map(|name| Algorithm::from_name(text(name))).collect();
                builder.algorithms(algorithms?)
            }
            other => panic!("{other}: no option that is known here"),
        };
    }
    Some(builder)
}
