// As much CBOR as a server needs that passes values on without touching them.
// Values are spans of bytes: decoding one into JavaScript and encoding it again
// would turn the float 1.0 into the int 1, and round what is above 2^53.

// ---- writing

function head(major, n) {
  const m = major << 5;
  if (n < 24) return Buffer.from([m | n]);
  if (n < 0x100) return Buffer.from([m | 24, n]);
  const wide = Buffer.alloc(n < 0x10000 ? 3 : 5);
  wide[0] = m | (n < 0x10000 ? 25 : 26);
  if (n < 0x10000) wide.writeUInt16BE(n, 1); else wide.writeUInt32BE(n, 1);
  return wide;
}

export const NULL = Buffer.from([0xf6]);

export function text(s) {
  const bytes = Buffer.from(s);
  return Buffer.concat([head(3, bytes.length), bytes]);
}

export const int = (n) => (n < 0 ? head(1, -1 - n) : head(0, n));

export const array = (...spans) => Buffer.concat([head(4, spans.length), ...spans]);

// map writes an object whose values are spans; what is undefined is left out.
export function map(object) {
  const entries = Object.entries(object).filter(([, span]) => span !== undefined);
  return Buffer.concat([head(5, entries.length), ...entries.flatMap(([key, span]) => [text(key), span])]);
}

// uuid writes 16 bytes the way the engine does, as a tagged byte string.
export const uuid = (bytes) => Buffer.concat([head(6, 37), head(2, 16), bytes]);

// encode writes plain JSON-like values: what an HTTP client can send.
export function encode(v) {
  if (v === null || v === undefined) return NULL;
  if (typeof v === 'string') return text(v);
  if (typeof v === 'boolean') return Buffer.from([v ? 0xf5 : 0xf4]);
  if (Array.isArray(v)) return array(...v.map(encode));
  if (typeof v === 'object') return map(Object.fromEntries(Object.entries(v).map(([k, x]) => [k, encode(x)])));
  if (Number.isSafeInteger(v) && Math.abs(v) < 2 ** 32) return int(v);
  const float = Buffer.alloc(9, 0xfb);
  float.writeDoubleBE(v, 1);
  return float;
}

// ---- reading spans

// start reads the head of the item at p: its major type, its argument (-1 when
// its length is open), and where its content begins.
function start(buf, p) {
  if (p >= buf.length) throw new Error('CBOR ends too early');
  const major = buf[p] >> 5;
  const low = buf[p] & 31;
  if (low < 24) return [major, low, p + 1];
  const size = { 24: 1, 25: 2, 26: 4, 27: 8, 31: 0 }[low];
  if (size === undefined || p + 1 + size > buf.length) throw new Error('malformed CBOR');
  if (size === 0) return [major, -1, p + 1];
  return [major, size === 8 ? Number(buf.readBigUInt64BE(p + 1)) : buf.readUIntBE(p + 1, size), p + 1 + size];
}

// end finds the position behind the item at p. Nesting is bounded, as a client
// chooses it.
function end(buf, p, depth = 0) {
  if (depth > 256) throw new Error('CBOR is nested too deeply');
  const [major, n, content] = start(buf, p);
  if (major === 0 || major === 1 || major === 7) return content;
  if (major === 6) return end(buf, content, depth + 1);
  let at = content;
  if (n === -1) {
    while (buf[at] !== 0xff) at = end(buf, at, depth + 1);
    return at + 1;
  }
  if (major === 2 || major === 3) {
    if (content + n > buf.length) throw new Error('CBOR ends too early');
    return content + n;
  }
  for (let left = major === 5 ? 2 * n : n; left > 0; left--) at = end(buf, at, depth + 1);
  return at;
}

// string reads the text that a span holds, or undefined when it is none.
export function string(span) {
  if (!span) return undefined;
  const [major, n, content] = start(span, 0);
  return major === 3 && n >= 0 ? span.toString('utf8', content, content + n) : undefined;
}

// firstString reads the text that an array begins with, or undefined when it
// begins with something else.
export function firstString(span) {
  if (!span) return undefined;
  const [major, n, content] = start(span, 0);
  return major === 4 && n !== 0 ? string(span.subarray(content)) : undefined;
}

// fields cuts a map with text keys into spans.
export function fields(buf) {
  const [major, n, content] = start(buf, 0);
  if (major !== 5) throw new Error('expected a map');
  const out = Object.create(null);
  let at = content;
  for (let i = 0; n === -1 ? buf[at] !== 0xff : i < n; i++) {
    const value = end(buf, at);
    const next = end(buf, value);
    const key = string(buf.subarray(at, value));
    if (key === undefined) throw new Error('expected text as key');
    out[key] = buf.subarray(value, next);
    at = next;
  }
  return out;
}

// given is the span, or undefined when it is null, undefined or NONE.
export const given = (span) => (!span || span[0] === 0xf6 || span[0] === 0xf7 || span[0] === 0xc6 ? undefined : span);

// uuidKey is the last 16 bytes of a UUID's span in hex, whatever its tags.
export const uuidKey = (span) => (span && span.length >= 17 ? span.toString('hex', span.length - 16) : '');

// ---- reading values, for HTTP's JSON alone

// decode reads a whole span into what JSON can say, as the server's own JSON does.
export function decode(span) {
  return item(span, 0)[0];
}

function item(buf, p) {
  const [major, n, content] = start(buf, p);
  switch (major) {
    case 0: return [number(n, buf, p), content];
    case 1: return [-1 - n, content];
    case 2: return [buf.toString('base64', content, content + n), end(buf, p)];
    case 3: return [buf.toString('utf8', content, content + n), end(buf, p)];
    case 6: return tagged(buf, n, content);
    case 7: return [simple(buf, p), content];
  }
  const items = [];
  let at = content;
  for (let left = n === -1 ? Infinity : major === 5 ? 2 * n : n; left > 0 && buf[at] !== 0xff; left--) {
    const [value, next] = item(buf, at);
    items.push(value);
    at = next;
  }
  if (n === -1) at++;
  if (major === 4) return [items, at];
  const object = {};
  for (let i = 0; i < items.length; i += 2) object[items[i]] = items[i + 1];
  return [object, at];
}

// number keeps what a JSON number cannot hold as text.
function number(n, buf, p) {
  return Number.isSafeInteger(n) ? n : String(buf.readBigUInt64BE(p + 1));
}

function simple(buf, p) {
  switch (buf[p] & 31) {
    case 20: return false;
    case 21: return true;
    case 25: return half(buf.readUInt16BE(p + 1));
    case 26: return buf.readFloatBE(p + 1);
    case 27: return buf.readDoubleBE(p + 1);
    default: return null; // null and undefined
  }
}

// half reads a float of 16 bits: sign, 5 bits of exponent, 10 of fraction.
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function tagged(buf, tag, content) {
  const after = end(buf, content);
  if (tag === 6) return [null, after];
  if (tag === 37) return [dashed(uuidKey(buf.subarray(content, after))), after];
  const [v] = item(buf, content);
  switch (tag) {
    case 8: return [Array.isArray(v) ? `${v[0]}:${key(v[1])}` : v, after];
    case 12: return [instant(v), after];
    case 14: return [`${v[0] ?? 0}s${v[1] ?? 0}ns`, after];
    default: return [v, after];
  }
}

export const dashed = (hex) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

function key(k) {
  if (typeof k === 'string') return /^[A-Za-z_]\w*$/.test(k) ? k : `\`${k}\``;
  return typeof k === 'object' ? JSON.stringify(k) : String(k);
}

function instant([seconds, nanoseconds = 0]) {
  const whole = new Date(Number(seconds) * 1000).toISOString().replace(/\.\d+Z$/, '');
  return nanoseconds ? `${whole}.${String(nanoseconds).padStart(9, '0')}Z` : `${whole}Z`;
}
