//! What operators see of a running server: request ids on its log lines, numbers for Prometheus, traces for OpenTelemetry.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use serde_json::{Value as Json, json};

use crate::support::{Home, Server, send};

/// An address where nothing listens yet.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn example_app(home: &Home) -> String {
    let list: Json = serde_json::from_str(&home.succeed(&["app", "list", "--json"])).unwrap();
    list["apps"][0]["id"].as_str().unwrap().to_owned()
}

/// Asks for a page with headers of the asker's own; the whole answer.
fn ask(server: &Server, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let host = &server.address;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn request_id(answer: &str) -> String {
    let line = answer
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "));
    line.unwrap().trim().to_owned()
}

#[test]
fn every_line_of_a_request_names_it() {
    let home = Home::new();
    let log = File::create(home.path().join("log")).unwrap();
    let server = home.serve_with(&[], |command| {
        command
            .env("GINNEL_LOG", "warn,ginnel=debug")
            .env("GINNEL_LOG_FORMAT", "json")
            .stderr(log);
    });
    let answered = request_id(&ask(&server, "/healthz", ""));
    let refused = request_id(&ask(&server, "/auth/v1/apps/nobody", ""));
    assert_eq!(server.terminate().code(), Some(0));

    let log = fs::read_to_string(home.path().join("log")).unwrap();
    let mut messages: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in log.lines() {
        let line: Json = serde_json::from_str(line).expect(line);
        assert!(
            line["timestamp"].is_string()
                && line["level"].is_string()
                && line["target"].is_string(),
            "{line}"
        );
        if let Some(id) = line["span"]["request_id"].as_str() {
            let message = line["message"].as_str().unwrap().to_owned();
            messages.entry(id.to_owned()).or_default().push(message);
        }
    }
    assert_eq!(messages[&answered], ["GET /healthz answered 200"]);
    let [refusal, answer] = messages[&refused].as_slice() else {
        panic!("{messages:?}");
    };
    assert!(refusal.starts_with("a request was refused: "), "{refusal}");
    assert_eq!(answer, "GET /auth/v1/apps/{app_id} answered 404");
}

#[test]
fn metrics_have_names_units_and_few_labels() {
    let home = Home::new();
    let address = free_address();
    let server = home.serve_with(&[], |command| {
        command.env("GINNEL_METRICS_LISTEN", &address);
    });
    let app = example_app(&home);
    let path = format!("/auth/v1/apps/{app}/users");
    let body = json!({ "identifier": "ada@example.com" });
    assert_eq!(server.post(&path, &body).unwrap().0, 201);
    assert_eq!(server.get("/nothing/here?secret=1").0, 404);
    server.send("BREW", "/healthz", "");
    let metrics = send(&address, "GET", "/metrics", "").unwrap().1;

    let mut described = BTreeSet::new();
    for line in metrics.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            described.insert(rest.split(' ').next().unwrap().to_owned());
        }
        if line.starts_with('#') {
            continue;
        }
        let name = line.split(['{', ' ']).next().unwrap();
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| {
                name.strip_suffix(end)
                    .filter(|_| name.contains("_duration_"))
            })
            .unwrap_or(name);
        assert!(described.contains(family), "{family} has no # HELP");
        assert!(
            family.starts_with("ginnel_") || family.starts_with("process_"),
            "{family}"
        );
    }
    for line in [
        r#"ginnel_http_requests_total{method="POST",route="/auth/v1/apps/{app_id}/users",status="201"} 1"#,
        r#"ginnel_http_requests_total{method="other",route="unmatched",status="404"} 1"#,
        r#"ginnel_http_request_duration_seconds_count{route="/auth/v1/apps/{app_id}/users"} 1"#,
        r#"ginnel_http_request_duration_seconds_bucket{route="/auth/v1/apps/{app_id}/users",le="+Inf"} 1"#,
        r#"ginnel_http_requests_in_flight 0"#,
        r#"ginnel_database_up 1"#,
        r#"# TYPE ginnel_database_transaction_duration_seconds histogram"#,
        r#"# TYPE process_resident_memory_bytes gauge"#,
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line} is missing in:\n{metrics}"
        );
    }
    let build = format!(
        r#"ginnel_build_info{{version="{}",database="sqlite"}} 1"#,
        env!("CARGO_PKG_VERSION")
    );
    assert!(metrics.contains(&build), "{metrics}");
    // Nothing that a client chose, and nobody's id.
    for foreign in ["BREW", "secret", "/nothing", "ada@", &app] {
        assert!(!metrics.contains(foreign), "{foreign} in:\n{metrics}");
    }
    assert_eq!(server.terminate().code(), Some(0));
}

/// A collector that keeps what it gets: path, headers and spans of each request.
struct Collector {
    address: String,
    requests: mpsc::Receiver<(String, Vec<u8>)>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (got, requests) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    assert_ne!(stream.read_line(&mut head).unwrap(), 0);
                }
                let head = head.to_lowercase();
                let length = head.split("content-length: ").nth(1).unwrap();
                let length: usize = length.lines().next().unwrap().parse().unwrap();
                let mut body = vec![0; length];
                stream.read_exact(&mut body).unwrap();
                stream
                    .get_mut()
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    .unwrap();
                if got.send((head, body)).is_err() {
                    return;
                }
            }
        });
        Collector { address, requests }
    }

    /// Everything that came until a server has stopped.
    fn spans(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        while let Ok((head, body)) = self.requests.recv_timeout(Duration::from_millis(200)) {
            assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
            assert!(
                head.contains("content-type: application/x-protobuf"),
                "{head}"
            );
            assert!(head.contains("api-key: of-the-collector"), "{head}");
            let request = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
            for resource in request.resource_spans {
                let about = resource.resource.unwrap().attributes;
                let name = about
                    .iter()
                    .find(|pair| pair.key == "service.name")
                    .unwrap();
                let name = name.value.clone().unwrap().value.unwrap();
                assert_eq!(name, Value::StringValue("ginnel".to_owned()));
                spans.extend(
                    resource
                        .scope_spans
                        .into_iter()
                        .flat_map(|scope| scope.spans),
                );
            }
        }
        spans
    }
}

fn attribute(span: &Span, key: &str) -> Option<String> {
    let pair = span.attributes.iter().find(|pair| pair.key == key)?;
    match pair.value.clone()?.value? {
        Value::StringValue(text) => Some(text),
        Value::IntValue(number) => Some(number.to_string()),
        other => panic!("{key}: {other:?}"),
    }
}

#[test]
fn a_collector_gets_requests_with_their_transactions() {
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("traceparent: 00-{TRACE}-b7ad6b7169203331-01\r\n");
    let id_of = |span: &Span| {
        span.trace_id
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let home = Home::new();
    for is_trusted in [false, true] {
        let collector = Collector::start();
        let server = home.serve_with(&[], |command| {
            command
                .env(
                    "GINNEL_OTLP_ENDPOINT",
                    format!("http://{}", collector.address),
                )
                .env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=of-the-collector");
            if is_trusted {
                command.env("GINNEL_TRUSTED_PROXIES", "127.0.0.0/8");
            }
        });
        let app = example_app(&home);
        let path = format!("/auth/v1/apps/{app}/users?identifier=ada@example.com");
        let answer = ask(&server, &path, &parent);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(server.terminate().code(), Some(0));

        let spans = collector.spans();
        let request = spans
            .iter()
            .find(|span| span.name == "GET /auth/v1/apps/{app_id}/users")
            .unwrap_or_else(|| panic!("the request is no span: {spans:#?}"));
        assert_eq!(request.kind(), SpanKind::Server);
        assert_eq!(
            attribute(request, "http.request.method").as_deref(),
            Some("GET")
        );
        assert_eq!(
            attribute(request, "http.route").as_deref(),
            Some("/auth/v1/apps/{app_id}/users")
        );
        assert_eq!(
            attribute(request, "http.response.status_code").as_deref(),
            Some("200")
        );
        assert_eq!(attribute(request, "request_id"), Some(request_id(&answer)));
        // A stranger does not say whose trace it is; a proxy of ours does.
        assert_eq!(id_of(request) == TRACE, is_trusted);
        assert_eq!(request.parent_span_id.is_empty(), !is_trusted);
        let transaction = spans
            .iter()
            .find(|span| span.parent_span_id == request.span_id)
            .expect("its transaction is a span below");
        assert_eq!(
            (transaction.name.as_str(), transaction.kind()),
            ("read", SpanKind::Client)
        );
        assert_eq!(
            attribute(transaction, "db.system.name").as_deref(),
            Some("sqlite")
        );
        assert!(!format!("{spans:?}").contains("ada@"), "{spans:?}");
    }
}

#[test]
fn a_collector_that_is_away_harms_nobody() {
    let home = Home::new();
    let log = File::create(home.path().join("log")).unwrap();
    let server = home.serve_with(&[], |command| {
        command
            .env("GINNEL_OTLP_ENDPOINT", format!("http://{}", free_address()))
            .stderr(log);
    });
    assert_eq!(server.get("/readyz").0, 200);
    assert_eq!(server.terminate().code(), Some(0));
    let log = fs::read_to_string(home.path().join("log")).unwrap();
    assert!(
        log.contains("traces are lost until the collector takes them: it cannot be connected to"),
        "{log}"
    );
}
