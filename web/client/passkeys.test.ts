// Encoding, and what the browser's refusals become.
import { strict as assert } from "node:assert";
import { beforeEach, test } from "node:test";
import { fakeBrowser } from "../testing/fake-browser.ts";
import { passkeyFailure } from "./errors.ts";
import { ceremony, createCredential, decode, encode, getCredential } from "./passkeys.ts";

beforeEach(() => void fakeBrowser());

test("base64url goes both ways, for every length and byte", () => {
  for (let length = 0; length <= 260; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 37 + length) % 256);
    const text = encode(bytes);
    assert.equal(text, Buffer.from(bytes).toString("base64url"));
    assert.deepEqual(decode(text), bytes);
    assert.deepEqual(decode(Buffer.from(bytes).toString("base64")), bytes);
  }
  assert.throws(() => decode("not base64!"));
});

test("each refusal of the browser has its code and sentence", () => {
  const codeOf = (name: string) => passkeyFailure(new DOMException("", name)).code;
  assert.equal(codeOf("NotAllowedError"), "passkey_cancelled");
  assert.equal(codeOf("AbortError"), "passkey_cancelled");
  assert.equal(codeOf("InvalidStateError"), "passkey_exists");
  assert.equal(codeOf("SecurityError"), "origin_not_allowed");
  assert.equal(codeOf("NotSupportedError"), "passkey_not_supported");
  assert.equal(codeOf("ConstraintError"), "passkey_not_supported");
  assert.equal(codeOf("UnknownError"), "passkey_failed");
  assert.equal(passkeyFailure(undefined).code, "passkey_failed");
  assert.match(
    passkeyFailure(new DOMException("", "NotAllowedError")).message,
    /closed or took too long/,
  );
  Object.defineProperty(globalThis, "isSecureContext", { value: false, configurable: true });
  assert.equal(codeOf("SecurityError"), "insecure_context");
  assert.equal(
    passkeyFailure(new DOMException("", "AbortError"), AbortSignal.abort()).code,
    "aborted",
  );
});

test("a browser without passkeys is told apart from an insecure page", async () => {
  const options = { challenge: "AAAA" };
  const { signal } = new AbortController();
  await assert.rejects(createCredential(options, signal), { code: "passkey_not_supported" });
  Object.defineProperty(globalThis, "isSecureContext", { value: false, configurable: true });
  await assert.rejects(getCredential(options, signal), { code: "insecure_context" });
});

test("bytes reach the browser, and text leaves it as the contract says", async () => {
  let asked: any;
  const bytes = (text: string) => new TextEncoder().encode(text).buffer;
  Object.assign(globalThis, { PublicKeyCredential: class {} });
  Object.assign(navigator, {
    credentials: {
      create: async (options: unknown) => {
        asked = options;
        return {
          id: "aWQ",
          rawId: bytes("id"),
          type: "public-key",
          response: {
            attestationObject: bytes("attestation"),
            clientDataJSON: bytes("{}"),
            getTransports: () => ["internal", "hybrid"],
          },
        };
      },
    },
  });
  const sent = await createCredential(
    {
      challenge: "Y2hhbGxlbmdl",
      user: { id: "dXNlcg", name: "ada", displayName: "Ada" },
      excludeCredentials: [{ id: "-_8", type: "public-key" }],
      timeout: 60_000,
    },
    new AbortController().signal,
  );
  const { publicKey } = asked;
  assert.equal(Buffer.from(publicKey.challenge).toString(), "challenge");
  assert.equal(Buffer.from(publicKey.user.id).toString(), "user");
  assert.deepEqual([...publicKey.excludeCredentials[0].id], [0xfb, 0xff]);
  assert.equal(publicKey.timeout, 60_000);
  assert.deepEqual(sent, {
    id: "aWQ",
    rawId: "aWQ",
    type: "public-key",
    transports: ["internal", "hybrid"],
    response: {
      attestationObject: Buffer.from("attestation").toString("base64url"),
      clientDataJSON: "e30",
    },
  });
});

test("a second ceremony stops the first, but autofill never stops a dialogue", async () => {
  const open = (conditional: boolean) => {
    let signal!: AbortSignal;
    let end!: () => void;
    const done = ceremony(conditional, undefined, (given) => {
      signal = given;
      return new Promise<void>((resolve) => (end = resolve));
    });
    return { signal, end: () => (end(), done) };
  };
  const autofill = open(true);
  const dialogue = open(false);
  assert.equal(autofill.signal.aborted, true);
  const later = open(true);
  assert.equal(dialogue.signal.aborted, false);
  const second = open(false);
  assert.equal(dialogue.signal.aborted, true);
  assert.equal(later.signal.aborted, true);
  assert.equal(second.signal.aborted, false);
  await Promise.all([autofill, dialogue, later, second].map(({ end }) => end()));
});
