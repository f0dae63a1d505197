import jwt
from flask import render_template, request
from ginnel_auth import user_id


@app.get("/login")
def login():
    return render_template("login.html")


@app.get("/api/me")
def me():
    try:
        cookie = request.cookies.get("psg_auth_token")
        return {"userID": user_id(request.headers.get("Authorization"), cookie)}
    except jwt.PyJWTError as error:
        return {"error": str(error)}, 401
