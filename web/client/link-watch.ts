// Waiting for a link that was sent: looks now and then whether it was used, and knows when it or its code has expired.
import type { Client } from "./client.ts";
import { failure, type GinnelError } from "./errors.ts";
import type { AuthResult, PendingLink } from "./types.ts";

/** Waits until the link is used or dead, or until `signal` ends it. Looks only while somebody looks at the page. */
export function watchLink(
  { magicLink }: Client,
  link: PendingLink,
  signal: AbortSignal,
  onUsed: (result: AuthResult) => void,
  onDead: (problem: GinnelError) => void,
): void {
  const { key, expiresAt } = link;
  /** Missing while an answer is awaited. */
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looks = 0;
  const dead = (problem: GinnelError) => {
    if (signal.aborted) return;
    magicLink.forget();
    onDead(problem);
  };
  // Every 2 seconds in the first minute, then every 5.
  const lookLater = (seconds = looks++ < 30 ? 2 : 5) => {
    timer = setTimeout(look, seconds * 1000);
  };
  const look = () => {
    if (!timer || document.hidden) return;
    clearTimeout(timer);
    timer = undefined;
    magicLink.status(link, signal).then(
      (result) => signal.aborted || onUsed(result),
      (problem: GinnelError) => {
        const { status, reason = "magic_link_pending", retryAfter } = problem;
        if (status === 403 || reason !== "magic_link_pending") dead(problem);
        else if (!signal.aborted) lookLater(retryAfter);
      },
    );
  };
  // A code alone is not used anywhere else.
  if (key) lookLater();
  document.addEventListener("visibilitychange", look, { signal });
  const end = setTimeout(
    () => dead(failure(key ? "magic_link_expired" : "code_expired")),
    expiresAt - Date.now(),
  );
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    clearTimeout(end);
  });
}
