/**
 * `@ginnel/node/next`: for both routers of Next.js. `readUser` serves pages, layouts, server actions, the proxy (once
 * called middleware) and `getServerSideProps`; `requireUser` wraps a route handler, `requireUserAPI` an API route.
 */
import { GinnelError } from "./errors.js";
import type { Ginnel } from "./ginnel.js";
import { describeRefusal } from "./refusals.js";
import type { RequestLike } from "./requests.js";

type Client = Pick<Ginnel, "authenticateRequest">;
type Awaitable<Value> = Value | Promise<Value>;

/** What Next's `headers()` gives, at once or as a promise, or a request of either router. */
export type UserSource = RequestLike | Awaitable<{ get(name: string): string | null }>;

/** The user's id, or why there is none; `error.code` is the reason in short. */
export type UserResult =
  | { readonly userID: string; readonly error?: undefined }
  | { readonly userID?: undefined; readonly error: GinnelError };

/**
 * Who sent this request. What is not the caller's fault (`keys_unavailable`, `configuration`) is thrown, and so ends at
 * Next's error page: nobody passes meanwhile.
 *
 * ```js
 * const { userID, error } = await readUser(ginnel, headers());
 * if (error) redirect(`/unauthorized?return=/dashboard&reason=${error.code}`);
 * ```
 */
export async function readUser(ginnel: Client, source: UserSource): Promise<UserResult> {
  const value = await source;
  try {
    const request = isHeaders(value) ? { headers: value } : value;
    return { userID: await ginnel.authenticateRequest(request) };
  } catch (error) {
    if (error instanceof GinnelError && error.status === 401) return { error };
    throw error;
  }
}

/** The answer to a call without a sign-in: status 401, `{"code", "error"}` and the headers that belong to it. */
export function unauthorized(error: GinnelError): Response {
  const { status, headers, body } = describeRefusal(error);
  return Response.json(body, { status, headers });
}

export interface RouteOptions<Request> {
  /** What to answer instead of 401. */
  onRefused?: (error: GinnelError, request: Request) => Awaitable<Response>;
}

/**
 * A route handler of the App router that only signed-in users reach; the others are answered 401. Without keys the
 * answer is 503 (500 when this server is set up wrongly), and the error is logged.
 *
 * ```js
 * export const GET = requireUser(ginnel, (request, userID) => Response.json({ userID }));
 * ```
 */
export function requireUser<Request extends RequestLike = globalThis.Request, Context = unknown>(
  ginnel: Client,
  handler: (request: Request, userID: string, context: Context) => Awaitable<Response>,
  options: RouteOptions<Request> = {},
): (request: Request, context: Context) => Promise<Response> {
  const onRefused = options.onRefused ?? unauthorized;
  return async (request, context) => {
    let result: UserResult;
    try {
      result = await readUser(ginnel, request);
    } catch (error) {
      return unauthorized(logged(error));
    }
    if (result.error) return onRefused(result.error, request);
    return handler(request, result.userID, context);
  };
}

/** What is used of the response of an API route. */
export interface APIResponseLike {
  setHeader(name: string, value: string): unknown;
  status(code: number): { json(body: never): unknown };
}

export interface APIOptions<Request, Response> {
  /** What to do instead of answering 401. */
  onRefused?: (error: GinnelError, req: Request, res: Response) => unknown;
}

/**
 * An API route of the Pages router that only signed-in users reach; it answers the others as `requireUser` does.
 *
 * ```js
 * export default requireUserAPI(ginnel, (req, res, userID) => res.json({ userID }));
 * ```
 */
export function requireUserAPI<Request extends RequestLike, Response extends APIResponseLike>(
  ginnel: Client,
  handler: (req: Request, res: Response, userID: string) => unknown,
  options: APIOptions<Request, Response> = {},
): (req: Request, res: Response) => Promise<void> {
  const onRefused = options.onRefused ?? ((error, _req, res) => answer(error, res));
  return async (req, res) => {
    let result: UserResult;
    try {
      result = await readUser(ginnel, req);
    } catch (error) {
      return answer(logged(error), res);
    }
    if (result.error) await onRefused(result.error, req, res);
    else await handler(req, res, result.userID);
  };
}

function answer(error: GinnelError, res: APIResponseLike): void {
  const { status, headers, body } = describeRefusal(error);
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  res.status(status).json(body as never);
}

/** The error, told to the log; one that is not of this package is thrown on. */
function logged(error: unknown): GinnelError {
  if (!(error instanceof GinnelError)) throw error;
  console.error(error);
  return error;
}

function isHeaders(value: unknown): value is { get(name: string): string | null } {
  return typeof (value as { get?: unknown } | undefined)?.get === "function";
}
