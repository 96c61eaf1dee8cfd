// The engine itself: the native addon inside @surrealdb/node, without the client
// library that its wrapper is made for.
import { createRequire } from 'node:module';
import { fields, firstString, int, map, string, text } from './cbor.mjs';

// addon names the binary for this machine.
function addon() {
  const abi = { win32: '-msvc', linux: process.report.getReport().header.glibcVersionRuntime ? '-gnu' : '-musl' };
  return `surrealdb-node.${process.platform}-${process.arch}${abi[process.platform] ?? ''}.node`;
}

const { SurrealNodeEngine } = createRequire(import.meta.url)(`./node_modules/@surrealdb/node/dist/${addon()}`);

export const version = SurrealNodeEngine.version();

// failure is an error answer as the engine itself forms it.
export function failure(code, kind, message) {
  return { error: map({ code: int(code), kind: text(kind), message: text(message) }) };
}

// inTurn carries out one task after the other.
function inTurn() {
  let last = Promise.resolve();
  return (task) => {
    const mine = last.then(task);
    last = mine.catch(() => {});
    return mine;
  };
}

const writing = /\b(CREATE|UPDATE|UPSERT|INSERT|RELATE|DELETE|DEFINE|REMOVE|ALTER|BEGIN)\b/i;

// writes tells whether a request may change something: every query that says so,
// and every other call that carries data.
function writes({ method, params }) {
  const name = string(method);
  if (name === 'query') return writing.test(firstString(params) ?? '');
  return ['create', 'update', 'upsert', 'insert', 'insert_relation', 'relate', 'merge', 'patch', 'delete', 'run'].includes(name);
}

// open starts the engine on a storage endpoint: mem:// or rocksdb://DIR.
//
// In memory, this version of the engine loses about one in some thousand updates
// of a record that several transactions change at once: it acknowledges both. So
// what writes is carried out in turn there. On RocksDB it tells the conflict.
export async function open(endpoint) {
  const turn = endpoint.startsWith('mem:') ? inTurn() : undefined;
  const engine = await SurrealNodeEngine.connect(endpoint, {
    capabilities: { live_query_notifications: true, functions: true, guest_access: false },
  });
  return {
    // call carries out one request of spans and answers {result} or {error}, spans too.
    async call(request) {
      const execute = () => engine.execute(map(request));
      try {
        return answer(Buffer.from(await (turn && writes(request) ? turn(execute) : execute())));
      } catch (e) {
        return failure(-32700, 'Internal', String(e?.message ?? e));
      }
    },
    // notifications yields what live queries report, until the engine closes.
    async *notifications() {
      const stream = await engine.notifications();
      for (let n; (n = await stream.recv()) !== null;) yield Buffer.from(n);
    },
    export: () => engine.export(null),
    close: () => engine.free(),
  };
}

// answer tells an error from a value: the engine answers the bare value, or a map
// whose only key is "error" and whose value carries a code.
function answer(span) {
  if (span[0] === 0xa1 && string(span.subarray(1)) === 'error') {
    const { error } = fields(span);
    if (error[0] >> 5 === 5 && fields(error).code) return { error };
  }
  return { result: span };
}
