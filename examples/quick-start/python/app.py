"""The quick start's middleware around a Flask app, as a program."""

# [quickstart]
import os

from flask import Flask, Request, Response, request

from ginnel import Ginnel, GinnelError

GINNEL_APP_ID = os.environ.get("GINNEL_APP_ID")


class AuthenticationMiddleware:
    def __init__(self, app):
        self.app = app
        self.ginnel = Ginnel(GINNEL_APP_ID)

    def __call__(self, environ, start_response):
        request = Request(environ)
        try:
            user = self.ginnel.authenticate_request(request)
        except GinnelError:
            # Nobody is signed in.
            refusal = Response("Please sign in.", mimetype="text/plain", status=401)
            return refusal(environ, start_response)
        # The request is this user's.
        environ["user"] = user
        return self.app(environ, start_response)


app = Flask(__name__)
app.wsgi_app = AuthenticationMiddleware(app.wsgi_app)


@app.get("/authenticatedRoute")
def authenticated_route():
    return request.environ["user"]


# [/quickstart]

if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ.get("PORT") or 8080))
