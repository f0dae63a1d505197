/** What judges of tokens in JavaScript share: cases from standard input, verdicts to standard output. */
import { text } from "node:stream/consumers";

/** `subject` gives the token's `sub`, or throws. */
export async function judge(subject) {
  const verdicts = [];
  for (const given of JSON.parse(await text(process.stdin))) {
    try {
      verdicts.push({ name: given.name, accepted: true, subject: await subject(given) });
    } catch (error) {
      verdicts.push({ name: given.name, accepted: false, reason: String(error) });
    }
  }
  process.stdout.write(JSON.stringify(verdicts));
}
