"""The twin `fido2`: cases from standard input, verdicts to standard output."""

import base64
import json
import sys
import warnings

from fido2.attestation import Attestation, UnsupportedType
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import AttestedCredentialData, AuthenticatorData, PublicKeyCredentialRpEntity

# Ginnel's offer: ES256, EdDSA, ES384, ES512, RS256.
ALGORITHMS = (-7, -8, -35, -36, -257)


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def verify_attestation(attestation_object, client_data_hash):
    """The statement alone, as there are no trust anchors here either."""
    attestation = Attestation.for_type(attestation_object.fmt)()
    attestation.verify(attestation_object.att_stmt, attestation_object.auth_data, client_data_hash)


def server_for(expected) -> Fido2Server:
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=expected["rp_id"], name="An example"),
        attestation="direct",
        verify_origin=lambda origin: origin in expected["origins"],
        verify_attestation=verify_attestation,
    )


def state_of(expected):
    verification = "required" if expected["user_verification"] else "preferred"
    return {"challenge": expected["challenge"], "user_verification": verification}


def flags_of(data: AuthenticatorData):
    return {
        "sign_count": data.counter,
        "user_verified": data.is_user_verified(),
        "backup_eligible": data.is_backup_eligible(),
        "backup_state": data.is_backed_up(),
    }


def registration(case):
    expected = case["expected"]
    data = server_for(expected).register_complete(state_of(expected), case["response"])
    credential = data.credential_data
    # The package leaves these to its callers: the id of the response, and whether the algorithm was offered.
    if credential.credential_id != websafe_decode(case["response"]["rawId"]):
        raise ValueError("the credential id is not that of the response")
    if credential.public_key.get(3) not in ALGORITHMS:
        raise ValueError("the algorithm was not offered")
    return {
        "credential_id": encoded(credential.credential_id),
        # Its own encoding of what it read: the members are what can be compared.
        "aaguid": encoded(credential.aaguid),
        **flags_of(data),
    }


def authentication(case):
    from fido2 import cbor

    expected, stored = case["expected"], case["credential"]
    credential = AttestedCredentialData.create(
        b"\0" * 16,
        websafe_decode(stored["id"]),
        CoseKey.parse(cbor.decode(websafe_decode(stored["public_key"]))),
    )
    server_for(expected).authenticate_complete(state_of(expected), [credential], case["response"])
    return flags_of(AuthenticatorData(websafe_decode(case["response"]["response"]["authenticatorData"])))


def judge(case):
    try:
        found = (registration if case["ceremony"] == "registration" else authentication)(case)
    except Exception as error:
        # Whatever it throws is a refusal; what it throws by accident is told as such.
        expected = isinstance(error, (ValueError, UnsupportedType))
        kind = "" if expected else "by accident: "
        return {"name": case["name"], "accepted": False, "reason": f"{kind}{type(error).__name__}: {error}"}
    return {"name": case["name"], "accepted": True, "found": found}


warnings.simplefilter("ignore")
json.dump([judge(case) for case in json.load(sys.stdin)], sys.stdout)
