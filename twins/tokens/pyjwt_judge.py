"""PyJWT, with the key that the token's `kid` names."""

import json
import sys

import jwt


def subject(case):
    key = jwt.PyJWKSet.from_dict(case["key_set"])[jwt.get_unverified_header(case["token"])["kid"]]
    claims = jwt.decode(
        case["token"],
        key,
        algorithms=[case["algorithm"]],
        issuer=case["issuer"],
        audience=case["audience"],
        options={"require": ["exp", "sub"]},
    )
    return claims["sub"]


def judge(case):
    try:
        return {"name": case["name"], "accepted": True, "subject": subject(case)}
    except Exception as error:
        return {"name": case["name"], "accepted": False, "reason": f"{type(error).__name__}: {error}"}


json.dump([judge(case) for case in json.load(sys.stdin)], sys.stdout)
