/** The twin `@simplewebauthn/server`: cases from standard input, verdicts to standard output. */
import { text } from "node:stream/consumers";
import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";

const bytes = (encoded) => new Uint8Array(Buffer.from(encoded, "base64url"));
const encoded = (value) => Buffer.from(value).toString("base64url");

/** The algorithms that Ginnel offers: ES256, EdDSA, ES384, ES512, RS256. */
const supportedAlgorithmIDs = [-7, -8, -35, -36, -257];

async function registration({ expected, response }) {
  const { verified, registrationInfo: info } = await verifyRegistrationResponse({
    response,
    expectedChallenge: expected.challenge,
    expectedOrigin: expected.origins,
    expectedRPID: expected.rp_id,
    requireUserVerification: expected.user_verification,
    supportedAlgorithmIDs,
  });
  if (!verified) throw new Error("not verified");
  return {
    credential_id: info.credential.id,
    public_key: encoded(info.credential.publicKey),
    aaguid: encoded(Buffer.from(info.aaguid.replaceAll("-", ""), "hex")),
    sign_count: info.credential.counter,
    user_verified: info.userVerified,
    backup_eligible: info.credentialDeviceType === "multiDevice",
    backup_state: info.credentialBackedUp,
  };
}

async function authentication({ expected, credential, response }) {
  // The package leaves to its callers that the credential is the one of the response.
  if (response.id !== credential.id) throw new Error("there is no credential with this id");
  const { verified, authenticationInfo: info } = await verifyAuthenticationResponse({
    response,
    expectedChallenge: expected.challenge,
    expectedOrigin: expected.origins,
    expectedRPID: expected.rp_id,
    expectedTopOrigin: expected.top_origins ?? undefined,
    requireUserVerification: expected.user_verification,
    credential: {
      id: credential.id,
      publicKey: bytes(credential.public_key),
      counter: credential.sign_count,
    },
  });
  if (!verified) throw new Error("not verified");
  return {
    sign_count: info.newCounter,
    user_verified: info.userVerified,
    backup_eligible: info.credentialDeviceType === "multiDevice",
    backup_state: info.credentialBackedUp,
  };
}

// It says on the console what it does not like about certificates.
console.warn = console.log = () => {};
const verdicts = [];
for (const given of JSON.parse(await text(process.stdin))) {
  const judge = given.ceremony === "registration" ? registration : authentication;
  try {
    verdicts.push({ name: given.name, accepted: true, found: await judge(given) });
  } catch (error) {
    verdicts.push({ name: given.name, accepted: false, reason: String(error) });
  }
}
process.stdout.write(JSON.stringify(verdicts));
