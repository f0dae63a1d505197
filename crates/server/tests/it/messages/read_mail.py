"""Reads mails by IMAP, as a mail program does, and prints what it understood as JSON.

Arguments: the port, then the Message-IDs to look for. Waits until each has come at least once.
"""

import email.policy
import imaplib
import json
import sys
import time


def read(port, wanted):
    mailbox = imaplib.IMAP4("127.0.0.1", port)
    mailbox.login("reader", "read")
    mailbox.select(readonly=True)
    found = []
    for message_id in wanted:
        _, (numbers,) = mailbox.search(None, "HEADER", "Message-ID", f'"{message_id}"')
        for number in numbers.split():
            _, parts = mailbox.fetch(number.decode(), "(BODY.PEEK[])")
            found.append(parts[0][1])
    mailbox.logout()
    return found


def understood(raw):
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    return {
        "ascii": raw.isascii(),
        "longest_line": max(len(line) for line in raw.split(b"\r\n")),
        "headers": {name: str(value) for name, value in mail.items()},
        "header_names": [name for name, _ in mail.items()],
        "type": mail.get_content_type(),
        "parts": [
            {
                "type": part.get_content_type(),
                "charset": part.get_content_charset(),
                "text": part.get_content(),
            }
            for part in mail.iter_parts()
        ],
        "defects": [str(defect) for part in mail.walk() for defect in part.defects]
        + [str(defect) for value in mail.values() for defect in value.defects],
    }


port, wanted = int(sys.argv[1]), sys.argv[2:]
for _ in range(600):
    mails = [understood(raw) for raw in read(port, wanted)]
    if len({mail["headers"]["Message-ID"] for mail in mails}) == len(wanted):
        break
    time.sleep(0.1)
else:
    sys.exit(f"only {len(mails)} of {len(wanted)} mails arrived within a minute")
print(json.dumps(mails))
