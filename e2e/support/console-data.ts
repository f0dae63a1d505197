/** An app with a past: people, passkeys, sessions, events and counts, as months of use leave them. */
import type { Ginnel } from "./app.ts";

const day = 86_400_000;
/** Users that it gets. */
export const seeded = 120;
/** The address of one of them, counted from 1. */
export const seededPerson = (number: number) => `person${pad(number, 3)}@example.com`;
/** The id of the same. */
export const seededId = (appId: string, number: number) => appId.slice(-8) + pad(number, 16);
const pad = (number: number, digits: number) => String(number).padStart(digits, "0");

const agents = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
];

/** Rows made from the numbers 1 to `count`, called `i`. */
const numbers = (count: number) =>
  `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;

export async function fill(ginnel: Ginnel, appId: string): Promise<void> {
  const now = Date.now();
  const today = Math.floor(now / day);
  const idOf = (number: string) => `substr(?1, -8) || printf('%016d', ${number})`;
  const id = idOf("i");
  const agent = `CASE i % 3 WHEN 0 THEN '${agents[0]}' WHEN 1 THEN '${agents[1]}' ELSE '${agents[2]}' END`;
  await ginnel.sql(
    `INSERT INTO users (id, app_id, email, email_verified, phone_verified, status, origin, user_metadata, login_count,
       last_login_at, created_at, updated_at)
     ${numbers(seeded)} SELECT ${id}, ?1, printf('person%03d@example.com', i), i % 3 = 0, FALSE,
       CASE i % 20 WHEN 7 THEN 'inactive' ELSE 'active' END, 'sign_up', '{"plan":"pro","seats":12}', i,
       ?2 - i * 3000000, ?2 - ${day} * 90 + i, ?2 FROM n`,
    ...[appId, now],
  );
  await ginnel.sql(
    `INSERT INTO passkeys (id, app_id, user_id, credential_id, public_key, sign_count, transports, aaguid, attestation,
       backup_eligible, backup_state, friendly_name, usage_count, last_login_at, created_at, updated_at)
     ${numbers(seeded)} SELECT ${id}, ?1, ${id}, CAST(printf('credential%d', i) AS BLOB), x'00', 0, 'internal hybrid',
       zeroblob(16), 'none', TRUE, TRUE, CASE i % 2 WHEN 0 THEN 'Windows Hello' ELSE 'Ada''s telephone' END, i,
       ?2 - i * 3000000, ?2 - ${day} * 80, ?2 FROM n`,
    ...[appId, now],
  );
  await ginnel.sql(
    `INSERT INTO sessions (id, app_id, user_id, methods, address, user_agent, auth_time, last_used_at, expires_at)
     ${numbers(3)} SELECT ${id}, ?1, ?2, 'swk user mfa', printf('203.0.113.%d', i), ${agent},
       ?3 - i * 7000000, ?3 - i * 3000000, ?3 + ${day} * 20 FROM n`,
    ...[appId, seededId(appId, 1), now],
  );
  await ginnel.sql(
    `INSERT INTO events (id, app_id, user_id, kind, outcome, reason, actor, address, user_agent, created_at)
     ${numbers(200)} SELECT ${id}, ?1, ${idOf("i % 7 + 1")},
       CASE i % 9 WHEN 4 THEN 'passkey_added' WHEN 7 THEN 'sign_out' ELSE 'sign_in' END, 'success', NULL, 'user',
       printf('203.0.113.%d', i % 250), ${agent}, ?2 - i * 900000 FROM n`,
    ...[appId, now],
  );
  for (const [kind, most] of [
    ["sign_in_passkey", 80],
    ["sign_in_link", 25],
    ["sign_in_code", 12],
    ["sign_up_passkey", 14],
    ["sign_up_link", 6],
    ["refused", 9],
    ["refresh", 400],
  ] as const) {
    await ginnel.sql(
      `INSERT INTO daily_counters (app_id, day, kind, shard, count)
       ${numbers(90)} SELECT ?1, ?2 - i, '${kind}', 0, ${most} / 3 + (i * i * 7 + i * 3) % (${most} / 3 + 1) FROM n`,
      ...[appId, today + 1],
    );
  }
}
