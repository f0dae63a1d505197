import os

import jwt

APP_ID = os.environ.get("GINNEL_APP_ID") or "YOUR_APP_ID"
ISSUER = (os.environ.get("GINNEL_URL") or "YOUR_SERVER") + "/auth/v1/apps/" + APP_ID
KEYS = jwt.PyJWKClient(ISSUER + "/.well-known/jwks.json", timeout=5)


def user_id(authorization=None, cookie=None):
    """The id of the user who sent a request, from its Authorization header or its cookie psg_auth_token.

    Raises jwt.PyJWTError if nobody is signed in: answer 401.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        token = cookie or ""
    claims = jwt.decode(
        token,
        KEYS.get_signing_key_from_jwt(token),
        algorithms=["YOUR_ALGORITHM"],
        issuer=ISSUER,
        audience=APP_ID,
        options={"require": ["aud", "exp", "iss", "sub"]},
    )
    return claims["sub"]
