/** `@ginnel/node/express`: a middleware that lets only signed-in users pass. Works with Express 4 and 5. */
import { GinnelError } from "./errors.js";
import type { Ginnel } from "./ginnel.js";
import { describeRefusal } from "./refusals.js";
import type { RequestLike } from "./requests.js";

declare global {
  namespace Express {
    interface Request {
      /** The id of the signed-in user, behind `requireUser`. */
      userID?: string;
    }
  }
}

/** What is used of Express's response. */
export interface ResponseLike {
  setHeader(name: string, value: string): unknown;
  status(code: number): { json(body: unknown): unknown };
}

/**
 * What to do with a request that is not a signed-in user's, instead of answering 401. In TypeScript, Express's types
 * are named at the call: `requireUser<Request, Response>(ginnel, { onRefused })`.
 */
export interface RequireUserOptions<Request, Response> {
  onRefused?: (
    error: GinnelError,
    req: Request,
    res: Response,
    next: (error?: unknown) => void,
  ) => unknown;
}

/**
 * A middleware that sets `req.userID` and goes on, or answers 401 with `{"code", "error"}`. What is not the caller's
 * fault (`keys_unavailable`, `configuration`) goes to the app's error handler with its status, so that it is logged.
 */
export function requireUser<
  Request extends RequestLike & { userID?: string },
  Response extends ResponseLike,
>(
  ginnel: Pick<Ginnel, "authenticateRequest">,
  options: RequireUserOptions<Request, Response> = {},
) {
  const onRefused = options.onRefused ?? answerUnauthorized;
  return async (req: Request, res: Response, next: (error?: unknown) => void): Promise<void> => {
    let userID: string;
    try {
      userID = await ginnel.authenticateRequest(req);
    } catch (error) {
      if (!(error instanceof GinnelError) || error.status !== 401) return next(error);
      try {
        await onRefused(error, req, res, next);
      } catch (cause) {
        next(cause);
      }
      return;
    }
    req.userID = userID;
    next();
  };
}

function answerUnauthorized(error: GinnelError, _req: RequestLike, res: ResponseLike): void {
  const { status, headers, body } = describeRefusal(error);
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  res.status(status).json(body);
}
