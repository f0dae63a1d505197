/**
 * What the members of a key must be, looked at before a key is taken, as the import by WebCrypto comes later and is not
 * equally strict everywhere.
 */

/** One number or point of a key, as bytes. */
type Bytes = Uint8Array<ArrayBuffer>;

/**
 * RFC 7518, section 6.3.1: numbers without zeros in front. The modulus has 2048 to 8192 bits that fill its bytes, the
 * exponent at most 31: what the libraries of all our SDKs take.
 */
export function isRSA([n, e]: readonly Bytes[]): boolean {
  if (!n || n.length < 256 || n.length > 1024 || n[0]! < 0x80 || !isOdd(n)) return false;
  if (!e || e.length > 4 || e[0] === 0 || !isOdd(e)) return false;
  const exponent = toNumber(e);
  return exponent >= 3n && exponent < 2n ** 31n;
}

/** The field of P-256 and the number b of its curve, y² = x³ − 3x + b (FIPS 186-4, D.1.2.3). */
const p = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** RFC 7518, section 6.2.1: coordinates in their full length, of a point on the curve (SEC 1, section 3.2.2.1). */
export function isP256([first, second]: readonly Bytes[]): boolean {
  if (first?.length !== 32 || second?.length !== 32) return false;
  const [x, y] = [toNumber(first), toNumber(second)];
  return x < p && y < p && (y * y - x * x * x + 3n * x - b) % p === 0n;
}

/** RFC 8037, section 2. Whether it is a point is not looked at: if not, no signature fits it. */
export function isEd25519([x]: readonly Bytes[]): boolean {
  return x?.length === 32;
}

function isOdd(bytes: Bytes): boolean {
  return bytes.length > 0 && bytes[bytes.length - 1]! % 2 === 1;
}

function toNumber(bytes: Bytes): bigint {
  return BigInt(`0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`);
}
