/** Calls of a package's functions in the page, and what comes back: a value, or what was thrown. */
import { expect, type Page } from "@playwright/test";
import type { Passkeys } from "../../support/passkey.ts";
import type { Mapping } from "./mapping.ts";

interface Thrown {
  name: string;
  statusCode?: number;
  message: string;
}
type Outcome = { value: unknown } | { thrown: Thrown };

/** What the server says when it refuses: the status, the contract's code, and our finer reason if there is one. */
export interface Refusal {
  status: number;
  code: string;
  message: RegExp;
}

/** A page whose `window.passage` is an object of a package. */
export class Script {
  constructor(
    readonly page: Page,
    readonly passkeys: Passkeys,
    private readonly mapping: Mapping,
  ) {}

  #run(path: string, values: unknown[]): Promise<Outcome> {
    return this.page.evaluate(
      async ([path, values]) => {
        const names = (path as string).split(".");
        const method = names.pop()!;
        let target = (window as unknown as { passage: unknown }).passage;
        for (const name of names) {
          const member = (target as Record<string, unknown>)[name];
          target = typeof member === "function" ? member.call(target) : member;
        }
        try {
          const functions = target as Record<string, (...values: unknown[]) => unknown>;
          return { value: await functions[method]!(...(values as unknown[])) };
        } catch (error) {
          const { name, statusCode, message } = error as Thrown;
          return { thrown: { name, statusCode, message } as Thrown };
        }
      },
      [path, values] as const,
    );
  }

  /** Calls `app.info`, or what else stands at that path of the object. A function on the way is called without values. */
  async call<T = Record<string, unknown>>(path: string, ...values: unknown[]): Promise<T> {
    const outcome = await this.#run(path, values);
    if ("value" in outcome) return outcome.value as T;
    throw new Error(`${path} threw ${JSON.stringify(outcome.thrown)}`);
  }

  /** The same with somebody at the authenticator. */
  async callWithPasskey<T = Record<string, unknown>>(path: string, ...values: unknown[]) {
    let value: T;
    await this.passkeys.agree(async () => (value = await this.call<T>(path, ...values)));
    return value!;
  }

  /** A call that the server refuses: what the package throws, and what the server had answered. */
  async refused(refusal: Refusal, path: string, ...values: unknown[]): Promise<void> {
    const before = this.mapping.calls.length;
    const outcome = await this.#run(path, values);
    expect(outcome, path).toEqual({
      thrown: {
        name: "PassageError",
        statusCode: refusal.status,
        message: expect.stringMatching(refusal.message),
      },
    });
    const calls = this.mapping.calls.slice(before);
    const { status, answer } = calls.findLast(({ status }) => status >= 400)!;
    const body = JSON.parse(answer) as { code: string; error: string };
    expect({ status, code: body.code }).toEqual({ status: refusal.status, code: refusal.code });
    expect(body.error).toMatch(refusal.message);
  }

  /** A call that the package or the browser ends by itself, without a refusal of the server. */
  async throws(error: Partial<Thrown>, path: string, ...values: unknown[]): Promise<void> {
    const outcome = await this.#run(path, values);
    expect(outcome, path).toEqual({ thrown: expect.objectContaining(error) as Thrown });
  }
}
