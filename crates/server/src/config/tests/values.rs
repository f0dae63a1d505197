//! What each setting takes and refuses, through the one public way in.

use super::*;
use crate::messages::Channel;

#[test]
fn listen_is_an_ip_address_with_a_port() {
    assert_eq!(
        from_variable("GINNEL_LISTEN", "[::1]:9000").listen,
        "[::1]:9000".parse().unwrap()
    );
    assert_says(
        &refusal_of(&[("GINNEL_LISTEN", "8400")]),
        &["GINNEL_LISTEN: \"8400\"", "127.0.0.1:8400"],
    );
    assert_says(&refusal("listen = 'localhost:9000'"), &["127.0.0.1:9000"]);
    assert_says(
        &refusal("listen = ['127.0.0.1:9000']"),
        &["without brackets"],
    );
    let flags = Flags {
        listen: Some("x".to_owned()),
        ..Flags::default()
    };
    assert_says(
        &load_all("", &[], &flags).unwrap_err().to_string(),
        &["--listen: \"x\""],
    );
}

#[test]
fn public_url_follows_the_port_unless_it_is_set() {
    let mut config = from_file("listen = '127.0.0.1:0'");
    config.bound_to("127.0.0.1:4321".parse().unwrap());
    assert_eq!(config.public_origin(), "http://localhost:4321");

    let mut config = from_file("listen = '127.0.0.1:0'\npublic_url = 'https://id.example.com/'");
    config.bound_to("127.0.0.1:4321".parse().unwrap());
    assert_eq!(
        (config.public_origin(), config.listen.port()),
        ("https://id.example.com".to_owned(), 4321)
    );
}

#[test]
fn public_url_is_an_origin_with_https_unless_loopback() {
    let config = from_file("public_url = 'https://ID.example.com:8443/'");
    assert_eq!(config.public_origin(), "https://id.example.com:8443");
    assert_eq!(config.public_host(), "id.example.com:8443");
    assert!(!config.is_loopback());
    assert_eq!(
        from_file("public_url = 'https://id.example.com:443'").public_host(),
        "id.example.com"
    );
    for loopback in [
        "http://localhost",
        "http://app.localhost:1",
        "http://127.0.0.9",
        "http://[::1]:8400",
    ] {
        assert!(
            from_variable("GINNEL_PUBLIC_URL", loopback).is_loopback(),
            "{loopback}"
        );
    }

    for (url, advice) in [
        ("http://id.example.com", "write https://id.example.com"),
        (
            "http://localhost.example.com",
            "write https://localhost.example.com",
        ),
        (
            "https://id.example.com/ginnel",
            "write https://id.example.com",
        ),
        (
            "https://id.example.com/?a=b",
            "write https://id.example.com",
        ),
        ("https://id.example.com/#a", "write https://id.example.com"),
        ("https://ada@id.example.com", "stands before the host"),
        ("ftp://id.example.com", "does not begin with https://"),
        ("id.example.com", "is not a URL"),
    ] {
        assert_says(
            &refusal_of(&[("GINNEL_PUBLIC_URL", url)]),
            &["GINNEL_PUBLIC_URL: ", advice],
        );
    }
}

#[test]
fn the_database_is_sqlite_in_the_data_folder_unless_set() {
    let config = from_file("data_dir = './elsewhere'");
    assert_eq!(
        config.database,
        Database::Sqlite(PathBuf::from("elsewhere/ginnel.db"))
    );
    for (url, path) in [
        ("sqlite:own.db", "own.db"),
        ("sqlite:/srv/own.db", "/srv/own.db"),
        ("sqlite:///a.db", "/a.db"),
    ] {
        assert_eq!(
            from_variable("GINNEL_DATABASE", url).database,
            Database::Sqlite(PathBuf::from(path)),
            "{url}"
        );
    }
    for url in [
        "postgres://ada:pw@db/ginnel",
        "postgresql:///ginnel?host=/run/postgresql",
    ] {
        let variables = [("GINNEL_DATABASE", url), ("GINNEL_MASTER_KEY", KEY)];
        let config = load_all("", &variables, &Flags::default()).unwrap();
        assert_eq!(config.database, Database::Postgres(Secret::new(url)));
        assert!(!format!("{config:?}").contains(url), "{config:?}");
    }
}

#[test]
fn a_bad_database_is_refused_without_being_shown() {
    for url in [
        "mysql://ada:hunter2@db/x",
        "ginnel.db",
        "postgres:hunter2",
        "postgres://",
        "sqlite:",
        "sqlite://",
    ] {
        let sentence = refusal_of(&[("GINNEL_DATABASE", url)]);
        assert_says(
            &sentence,
            &[
                "GINNEL_DATABASE: ",
                "sqlite:PATH",
                "postgres://USER:PASSWORD@HOST/NAME",
            ],
        );
        assert!(!sentence.contains("hunter2"), "{sentence}");
    }
}

#[test]
fn postgresql_requires_a_master_key_and_says_how_to_make_one() {
    let sentence = refusal_of(&[("GINNEL_DATABASE", "postgres://db/ginnel")]);
    assert_says(
        &sentence,
        &[
            "master_key is not set",
            "openssl rand -base64 32",
            "GINNEL_MASTER_KEY_FILE",
        ],
    );
    assert_eq!(
        from_variable("GINNEL_MASTER_KEY", KEY).master_key,
        Some(MasterKey::new([0; 32]))
    );
}

#[test]
fn extra_listeners_can_be_off_and_the_example_is_off_in_public() {
    let config = from_file("example_listen = 'off'\nmetrics_listen = '127.0.0.1:9400'");
    assert_eq!(
        (config.example_listen, config.metrics_listen),
        (None, Some("127.0.0.1:9400".parse().unwrap()))
    );
    let file = "public_url = 'https://id.example.com'\nexample_listen = '127.0.0.1:8401'";
    assert_eq!(from_file(file).example_listen, None);
    assert_says(
        &refusal("metrics_listen = 'on'"),
        &["metrics_listen in ginnel.toml: \"on\"", "or off"],
    );
}

#[test]
fn lists_are_brackets_in_the_file_and_commas_elsewhere() {
    let networks = vec!["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
    assert_eq!(
        from_file("trusted_proxies = ['10.0.0.0/8', '::1']").trusted_proxies,
        networks
    );
    assert_eq!(
        from_variable("GINNEL_TRUSTED_PROXIES", "10.0.0.0/8, ::1").trusted_proxies,
        networks
    );
    assert_eq!(
        from_file("auth_hosts = []").auth_hosts,
        Vec::<String>::new()
    );
    assert_eq!(
        from_variable("GINNEL_AUTH_HOSTS", "off").auth_hosts,
        Vec::<String>::new()
    );
    assert_says(
        &refusal("trusted_proxies = ['10.0.0.5/8']"),
        &["trusted_proxies in ginnel.toml: ", "10.0.0.0/8"],
    );
    assert_says(
        &refusal("trusted_proxies = [['::1']]"),
        &["a list stands inside a list"],
    );
}

#[test]
fn hosts_are_exact_lower_case_and_serve_one_purpose() {
    let config = from_file("auth_hosts = ['Auth.Example.com:8443', '[::1]:80', 'localhost']");
    assert_eq!(
        config.auth_hosts,
        ["auth.example.com:8443", "[::1]:80", "localhost"]
    );
    for host in [
        "https://auth.example.com",
        "auth.example.com/",
        "a b",
        "",
        "auth.example.com:http",
        "*.example.com:",
    ] {
        assert_says(
            &refusal(&format!("console_hosts = ['{host}']")),
            &["console_hosts in ginnel.toml: ", "not a host"],
        );
    }
    assert_says(
        &refusal("console_hosts = ['api.passage.id']"),
        &["api.passage.id is also in management_hosts"],
    );
}

#[test]
fn numbers_keep_their_bounds() {
    let file = "rsa_key_pool = 64\nsqlite_readers = '64'\nworker_threads = 0\nflood_requests_per_second = 0\nflood_burst = 0";
    let config = from_file(file);
    assert_eq!(
        (
            config.rsa_key_pool,
            config.sqlite_readers,
            config.worker_threads
        ),
        (64, 64, 0)
    );
    assert_eq!(
        (config.flood_requests_per_second, config.flood_burst),
        (0, 0)
    );
    for (name, bad) in [
        ("rsa_key_pool", "0"),
        ("rsa_key_pool", "65"),
        ("sqlite_readers", "0"),
        ("worker_threads", "-1"),
        ("database_connections", "0"),
        ("event_retention_days", "0"),
        ("flood_burst", "1.5"),
        ("flood_requests_per_second", "true"),
    ] {
        assert_says(
            &refusal(&format!("{name} = {bad}")),
            &[name, bad, "is not a whole number from "],
        );
    }
}

#[test]
fn logs_have_a_format_and_a_filter() {
    let config = from_file("log_format = 'json'\nlog = 'warn,ginnel=debug'");
    assert_eq!(
        (config.log_format, config.log.as_str()),
        (LogFormat::Json, "warn,ginnel=debug")
    );
    assert_says(&refusal("log_format = 'xml'"), &["write text or json"]);
    assert_says(&refusal("log = 'ginnel=loud'"), &["is not a filter"]);
}

#[test]
fn the_collector_of_traces_is_a_base_address() {
    let endpoint = |text: &str| from_file(&format!("otlp_endpoint = '{text}'")).otlp_endpoint;
    assert_eq!(endpoint("off"), None);
    for address in ["http://localhost:4318/", "https://otel.example.com/tenant"] {
        assert_eq!(endpoint(address).unwrap().as_str(), address);
    }
    for (bad, says) in [
        ("localhost:4318", "is not the address of a collector"),
        ("grpc://localhost:4317", "is not the address of a collector"),
        (
            "http://user:secret@localhost:4318",
            "OTEL_EXPORTER_OTLP_HEADERS",
        ),
        (
            "http://localhost:4318/v1/traces",
            "below which /v1/traces is",
        ),
    ] {
        let refusal = refusal(&format!("otlp_endpoint = '{bad}'"));
        assert_says(
            &refusal,
            &["otlp_endpoint", says, "http://localhost:4318", "or off"],
        );
        assert!(!refusal.contains("secret"), "{refusal}");
    }
}

#[test]
fn the_mail_server_is_a_url_with_user_and_password() {
    let from = ("GINNEL_MAIL_FROM", "login@example.com");
    let smtp = |url| {
        load_all("", &[from, ("GINNEL_SMTP_URL", url)], &Flags::default())
            .expect(url)
            .smtp
            .unwrap()
    };
    let server = smtp("smtp://ada%40example.com:p%3A%2F%25%C3%A9@Mail.example.com");
    assert_eq!(
        server,
        SmtpServer {
            host: "mail.example.com".to_owned(),
            port: 587,
            security: Security::StartTls,
            credentials: Some(("ada@example.com".to_owned(), Secret::new("p:/%é"))),
            is_loopback: false,
        }
    );
    let server = smtp("smtps://[::1]");
    assert_eq!((server.host.as_str(), server.port), ("::1", 465));
    assert_eq!(server.security, Security::Tls);
    assert!(server.is_loopback && server.credentials.is_none());
    for (url, port) in [
        ("smtps://mail.example.com:443", 443),
        ("smtp://a:b@127.0.0.1:2525/", 2525),
    ] {
        assert_eq!(smtp(url).port, port, "{url}");
    }
}

#[test]
fn a_bad_mail_server_is_refused_without_being_shown() {
    for (url, advice) in [
        ("mail.example.com:587", "is not a URL"),
        ("https://hunter2:a@mail.example.com", "smtp:// nor smtps://"),
        ("smtp://", "is not a URL"),
        ("smtp://:hunter2@mail.example.com", "a password and no user"),
        ("smtp://hunter2@mail.example.com", "a user and no password"),
        ("smtp://ada:hunter2%zz@mail.example.com", "%25"),
        ("smtp://ada:hunter2/@mail.example.com", "%2F"),
        ("smtp://ada:pw@mail.example.com/hunter2", "after the port"),
        ("smtp://ada:pw@mail.example.com?hunter2", "after the port"),
        ("smtp://ada:hunter2@mail.example.com:587587", "is not a URL"),
        ("smtp://ada:hunter2@mail example.com", "is not a URL"),
        ("smtp://ada:hunter2@mail.example.com:0", "the port 0"),
    ] {
        let sentence = refusal_of(&[("GINNEL_SMTP_URL", url)]);
        let example = "smtps://USER:PASSWORD@HOST:465";
        assert_says(&sentence, &["GINNEL_SMTP_URL: ", advice, example]);
        assert!(!sentence.contains("hunter2"), "{sentence}");
    }
}

#[test]
fn who_writes_is_an_address_with_or_without_a_name() {
    let from = |value| {
        let sender = from_variable("GINNEL_MAIL_FROM", value).mail_from.unwrap();
        (sender.name, sender.address.to_string())
    };
    let address = || "login@example.com".to_owned();
    assert_eq!(from("login@example.com"), (None, address()));
    assert_eq!(from("<login@example.com>"), (None, address()));
    for named in [
        "Ada Ö. <login@example.com>",
        "\"Ada Ö.\" <login@example.com>",
    ] {
        assert_eq!(from(named), (Some("Ada Ö.".to_owned()), address()));
    }
    for bad in [
        "login",
        "a@b@c",
        "Ada <login>",
        "a@example.com, b@example.com",
        "ä@example.com",
    ] {
        assert_says(
            &refusal_of(&[("GINNEL_MAIL_FROM", bad)]),
            &["GINNEL_MAIL_FROM: ", "Example <login@example.com>"],
        );
    }
    assert_says(
        &refusal_of(&[("GINNEL_MAIL_FROM", "A\nBcc: <login@example.com>")]),
        &["line break"],
    );
    assert_says(
        &refusal_of(&[("GINNEL_SMTP_URL", "smtp://mail.example.com")]),
        &["smtp_url is set and mail_from is not", "GINNEL_MAIL_FROM"],
    );
}

#[test]
fn messages_reach_people_by_a_mail_server_or_on_loopback() {
    let sends = |file: &str| {
        let config = from_file(file);
        (config.sends(Channel::Email), config.keeps(Channel::Email))
    };
    let public = "public_url = 'https://id.example.com'\n";
    let mail = "smtp_url = 'smtp://mail.example.com'\nmail_from = 'login@example.com'\n";
    assert_eq!(sends(""), (true, true));
    assert_eq!(sends(mail), (true, false));
    assert_eq!(sends(public), (false, false));
    assert_eq!(sends(&format!("{public}{mail}")), (true, false));
}

#[test]
fn test_apps_are_for_loopback_unless_said_otherwise() {
    let of = |file: &str| {
        let config = from_file(file);
        (config.makes_test_apps(), config.takes_bare_claims())
    };
    let public = "public_url = 'https://id.example.com'\n";
    assert_eq!(of(""), (true, true));
    assert_eq!(of(public), (false, false));
    assert_eq!(of(&format!("{public}test_apps = true")), (true, false));
    assert_eq!(of(&format!("{public}bare_claims = true")), (false, true));
    assert_eq!(
        of("test_apps = false\nbare_claims = 'false'"),
        (false, false)
    );
    assert!(from_variable("GINNEL_TEST_APPS", "true").makes_test_apps());
    assert_says(
        &refusal("test_apps = 'yes'"),
        &["test_apps in ginnel.toml: ", "write true or false"],
    );
}

#[test]
fn origins_of_test_apps_are_exact() {
    let origins = |value| {
        let config = from_variable("GINNEL_TEST_APP_ORIGINS", value);
        let origins = config.test_app_origins;
        origins.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        origins("https://Try.example.com/, https://b.example:8443"),
        ["https://try.example.com", "https://b.example:8443"]
    );
    for bad in [
        "try.example.com",
        "https://*.example.com",
        "http://a.example",
    ] {
        assert_says(
            &refusal_of(&[("GINNEL_TEST_APP_ORIGINS", bad)]),
            &["GINNEL_TEST_APP_ORIGINS: ", bad],
        );
    }
    assert_says(
        &refusal("test_app_origins = ['https://a.example/path']"),
        &["test_app_origins in ginnel.toml", "has a path"],
    );
}
