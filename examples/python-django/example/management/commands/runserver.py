"""Django's own ``runserver`` with the port of ``.env``, and with a sentence for who has no app yet."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import runserver

from ginnel import GinnelError
from ginnel.django import get_client


class Command(runserver.Command):
    default_port = settings.PORT

    def handle(self, *arguments: Any, **options: Any) -> None:
        port = settings.PORT
        if not (port.isascii() and port.isdigit() and int(port) <= 65535):
            raise CommandError(f'PORT is "{port}"; set it to a number such as 8080 in .env.')
        try:
            get_client()
        except GinnelError as error:
            raise CommandError(
                f"{error}\n"
                "Make an application where Ginnel was started, and put its id into .env as GINNEL_APP_ID:\n"
                '  ginnel app create --name "Django example" '
                f"--auth-origin http://localhost:{port} --redirect-url /dashboard"
            ) from error
        super().handle(*arguments, **options)

    def on_bind(self, server_port: int) -> None:
        self.stdout.write(f"Open http://localhost:{server_port}")
