// SurrealDB's own engine behind the wire protocol of its server, on loopback, for
// tests and development. run.sh says how it is started.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { array, decode, fields, given, text, uuidKey } from './cbor.mjs';
import { Clients } from './client.mjs';
import { open, version } from './engine.mjs';
import { serveHTTP } from './http.mjs';
import { serveSockets } from './socket.mjs';

const usage = `usage: run.sh [--bind ADDRESS] [--port PORT] [--dir DIRECTORY]
              (--user NAME [--pass-file FILE] | --unauthenticated) [--until-stdin-ends | --detached]

  --bind ADDRESS      address to listen on (127.0.0.1)
  --port PORT         port to listen on; 0 picks a free one (8000)
  --dir DIRECTORY     keep the data there, in RocksDB; without it, in memory
  --user NAME         root user, made when there is none of that name yet
  --pass-file FILE    file with its password; without it, the environment's SURREAL_PASS
  --unauthenticated   nobody has to sign in
  --until-stdin-ends  end when standard input does
  --detached          outlive the process that started it
  --version           print the engine's version and end

Prints one line when it is ready: ready url=ws://HOST:PORT engine=VERSION backend=memory|rocksdb`;

function fail(message) {
  console.error(`surrealdb: ${message}`);
  process.exit(2);
}

function settings() {
  let flags;
  try {
    flags = parseArgs({ options: {
      bind: { type: 'string', default: '127.0.0.1' }, port: { type: 'string', default: '8000' }, dir: { type: 'string' },
      user: { type: 'string' }, 'pass-file': { type: 'string' }, unauthenticated: { type: 'boolean', default: false },
      'until-stdin-ends': { type: 'boolean', default: false }, detached: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false }, version: { type: 'boolean', default: false },
    } }).values;
  } catch (e) {
    fail(`${e.message}\n\n${usage}`);
  }
  if (flags.help) {
    console.log(usage);
    process.exit(0);
  }
  if (flags.version) {
    console.log(version);
    process.exit(0);
  }
  if (!/^\d+$/.test(flags.port) || Number(flags.port) > 65535) fail(`--port ${flags.port}: not a port, 0 to 65535`);
  if (flags.unauthenticated && flags.user !== undefined) fail('--unauthenticated and --user exclude each other');
  if (!flags.unauthenticated && !flags.user) fail('name a root user by --user, or say --unauthenticated');
  return flags;
}

// password reads the root user's; it never stands among the arguments, which
// every user of the machine can list.
function password(file) {
  let found = process.env.SURREAL_PASS;
  if (file !== undefined) {
    try {
      found = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    } catch (e) {
      fail(`--pass-file: ${e.message}`);
    }
  }
  if (!found) fail('the root user has no password: set SURREAL_PASS, or name a file by --pass-file');
  return found;
}

// makeRoot defines the root user unless there is one of that name.
async function makeRoot(engine, user, pass) {
  const name = `\`${user.replace(/[\\`]/g, '\\$&')}\``;
  const secret = `"${pass.replace(/[\\"]/g, '\\$&')}"`;
  const { error, result } = await engine.call({
    method: text('query'), params: array(text(`DEFINE USER IF NOT EXISTS ${name} ON ROOT PASSWORD ${secret} ROLES OWNER`)),
  });
  const outcome = error ? decode(error) : decode(result)[0];
  if (outcome.status !== 'OK') fail(`root user ${user}: ${outcome.message ?? outcome.result}`);
}

const flags = settings();
const pass = flags.unauthenticated ? undefined : password(flags['pass-file']);
const backend = flags.dir === undefined ? 'memory' : 'rocksdb';
let engine;
try {
  engine = await open(flags.dir === undefined ? 'mem://' : `rocksdb://${resolve(flags.dir)}`);
} catch (e) {
  fail(`the engine does not start on ${flags.dir ?? 'memory'}: ${e.message}`);
}
if (pass !== undefined) await makeRoot(engine, flags.user, pass);

const clients = new Clients(engine, flags.unauthenticated);
const server = serveHTTP(engine, clients);
const sockets = serveSockets(server, clients);

(async () => {
  for await (const span of engine.notifications()) clients.notify(uuidKey(given(fields(span).session)), span);
})();

// stop ends clients first, then the store; asked twice it ends at once.
let stopping = false;
async function stop() {
  if (stopping) process.exit(1);
  stopping = true;
  const closed = new Promise((done) => server.close(done));
  for (const socket of sockets.clients) socket.close(1001, 'going away');
  setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
  }, 300);
  await closed;
  await engine.close();
  process.exit(0);
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
if (flags['until-stdin-ends']) {
  process.stdin.on('end', stop).on('error', stop).resume();
} else if (!flags.detached) {
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || stopping || stop(), 250);
}

// The WebSocket server hears of the errors of the other, and tells them again.
sockets.on('error', (e) => fail(`listening on ${flags.bind} port ${flags.port}: ${e.message}`));
server.listen(Number(flags.port), flags.bind, () => {
  const host = flags.bind.includes(':') ? `[${flags.bind}]` : flags.bind;
  console.log(`ready url=ws://${host}:${server.address().port} engine=${version} backend=${backend}`);
});
