import jwt
from fastapi import HTTPException, Request
from fastapi.responses import FileResponse
from ginnel_auth import user_id


@app.get("/login")
def login():
    return FileResponse("static/login.html")


@app.get("/api/me")
def me(request: Request):
    try:
        cookie = request.cookies.get("psg_auth_token")
        return {"userID": user_id(request.headers.get("Authorization"), cookie)}
    except jwt.PyJWTError as error:
        raise HTTPException(401, str(error)) from error
