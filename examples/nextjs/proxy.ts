/**
 * What comes before the pages: the content security policy with its nonce, and the guard of the dashboard, because only
 * here are the address that was asked for and the status of the answer at hand. The page itself checks again.
 */
import { NextResponse, type NextRequest } from "next/server";
import { GinnelError } from "@ginnel/node";
import { readUser } from "@ginnel/node/next";
import { ginnel } from "./lib/ginnel";

export const config = { matcher: "/((?!_next/static|_next/image).*)" };

export async function proxy(request: NextRequest): Promise<NextResponse> {
  const nonce = btoa(crypto.randomUUID());
  const development = process.env.NODE_ENV === "development" ? " 'unsafe-eval'" : "";
  // Scripts come from here and from Ginnel, and may talk to these two only. Next's own inline ones carry the nonce.
  const policy =
    `default-src 'self'; script-src 'self' 'nonce-${nonce}' ${ginnel.url}${development}; ` +
    `connect-src 'self' ${ginnel.url}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; ` +
    "base-uri 'none'; frame-ancestors 'none'";
  const headers = new Headers(request.headers);
  headers.set("content-security-policy", policy);

  const answer = await route(request, headers);
  answer.headers.set("content-security-policy", policy);
  return answer;
}

async function route(request: NextRequest, headers: Headers): Promise<NextResponse> {
  const { pathname, search } = request.nextUrl;
  const forward = { request: { headers } };
  if (pathname === "/unauthorized") return NextResponse.next({ ...forward, status: 401 });
  if (pathname !== "/dashboard") return NextResponse.next(forward);
  try {
    const { error } = await readUser(ginnel, request);
    if (!error) return NextResponse.next(forward);
    const query = new URLSearchParams({ return: pathname + search, reason: error.code });
    const away = NextResponse.redirect(new URL(`/unauthorized?${query}`, request.url), 303);
    away.headers.set("cache-control", "no-store");
    return away;
  } catch (error) {
    if (!(error instanceof GinnelError)) throw error;
    console.error(error);
    const page = new URL("/unavailable", request.url);
    return NextResponse.rewrite(page, { ...forward, status: error.status });
  }
}
