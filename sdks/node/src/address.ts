/** The server's address. Read by one form in every SDK, because parsers of URLs differ in what they let through. */

// Its last part begins with a letter, so that it is no other way to write an IPv4 address.
const name = "(?:[A-Za-z0-9_-]+\\.)*[A-Za-z][A-Za-z0-9_-]*";
const octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const ipv4 = `${octet}(?:\\.${octet}){3}`;
const ipv6 = "\\[[0-9A-Fa-f:]+\\]";
const port = "[1-9][0-9]{0,4}";
const segment = "(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+";
const form = new RegExp(
  `^([hH][tT][tT][pP][sS]?)://(${name}|${ipv4}|${ipv6})(?::(${port}))?((?:/${segment})*)/*$`,
);

/** A segment of a path that leads elsewhere (RFC 3986, section 5.2.4). */
const dots = /\/(?:\.|%2[eE]){1,2}(?:\/|$)/;

const defaultPorts: Record<string, string> = { http: "80", https: "443" };

/**
 * The address as the server writes it into tokens: scheme and host in lower case, without a port that the scheme
 * implies, and without a slash at the end, so that paths can be put behind it. `undefined` when it is none.
 */
export function readAddress(text: string): string | undefined {
  const [, scheme = "", host = "", port, path = ""] = form.exec(text) ?? [];
  if (!scheme || dots.test(path) || !isHost(host) || Number(port ?? 1) > 65_535) return undefined;
  const lower = scheme.toLowerCase();
  const shown = port === undefined || port === defaultPorts[lower] ? "" : `:${port}`;
  return `${lower}://${host.toLowerCase()}${shown}${path}`;
}

/** Finds what the form lets through between brackets and is no IPv6 address. */
function isHost(host: string): boolean {
  if (!host.startsWith("[")) return true;
  try {
    new URL(`http://${host}`);
    return true;
  } catch {
    return false;
  }
}
