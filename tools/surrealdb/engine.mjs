// The engine itself: the native addon inside @surrealdb/node, without the client
// library that its wrapper is made for.
import { createRequire } from 'node:module';
import { fields, int, map, string, text } from './cbor.mjs';

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

// open starts the engine on a storage endpoint: mem:// or rocksdb://DIR.
export async function open(endpoint) {
  const engine = await SurrealNodeEngine.connect(endpoint, {
    capabilities: { live_query_notifications: true, functions: true, guest_access: false },
  });
  return {
    // call carries out one request of spans and answers {result} or {error}, spans too.
    async call(request) {
      try {
        return answer(Buffer.from(await engine.execute(map(request))));
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
