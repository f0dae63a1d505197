"""Keys over TLS: the server's certificate counts, and a slow server is given up there, too."""

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec as curves

from ginnel import Ginnel, RemoteKeySet
from ginnel.testing import TestIssuer

from .support import KeyServer, refused
from .test_server_trouble import drip_body, drip_head


def write_certificate(file: Path) -> None:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    key = curves.generate_private_key(curves.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    today = datetime.datetime.now(datetime.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    write_certificate(file)
    return file


@pytest.fixture
def tls_server(certificate: Path, ec: TestIssuer) -> Iterator[KeyServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = KeyServer(lambda handler: None, context)
    server.publish(ec)
    yield server
    server.close()


def check(url: str, issuer: TestIssuer, timeout: float = 5) -> None:
    keys = RemoteKeySet(f"{url}/jwks.json", timeout=timeout)
    Ginnel(issuer.app_id, issuer=issuer.issuer, key_set=keys).validate_token(issuer.token())


def test_a_certificate_that_the_system_trusts(
    tls_server: KeyServer, certificate: Path, ec: TestIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    check(tls_server.url, ec)
    with refused("keys_unavailable"):
        check(f"https://localhost:{tls_server.port}", ec)  # It is for another name.
    assert tls_server.requests == ["/jwks.json"]


def test_a_certificate_that_nobody_trusts(tls_server: KeyServer, ec: TestIssuer) -> None:
    with refused("keys_unavailable") as caught:
        check(tls_server.url, ec)
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
    assert tls_server.requests == []


@pytest.mark.parametrize("answer", [drip_head, drip_body])
def test_a_slow_server(
    answer: object,
    tls_server: KeyServer,
    certificate: Path,
    ec: TestIssuer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls_server.answer = answer  # type: ignore[assignment]
    with refused("keys_unavailable"):
        check(tls_server.url, ec, timeout=0.2)
    for thread in threading.enumerate():
        if thread.name == "ginnel-fetch":
            thread.join()
