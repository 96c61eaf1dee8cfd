// The HTTP side: /health /status /version /signin /rpc /sql /import /export.
import { createServer } from 'node:http';
import { array, decode, encode, fields, map, text } from './cbor.mjs';
import { Refused } from './client.mjs';
import { version } from './engine.mjs';

const bodyLimit = 128 << 20; // bytes, as the server's own largest message

export function serveHTTP(engine, clients) {
  const exporting = serial();
  return createServer(async (req, res) => {
    const reply = (status, type, body = '') => {
      res.writeHead(status, { server: 'SurrealDB', ...(type && { 'content-type': type }) });
      res.end(body);
    };
    const { pathname, searchParams } = new URL(req.url, 'http://localhost');
    if (pathname === '/health' || pathname === '/status') return reply(200);
    if (pathname === '/version') return reply(200, 'text/plain', `surrealdb-${version}`);
    const client = clients.create(() => {}); // a request hears no notifications
    try {
      const body = await read(req);
      if (pathname === '/signin') return reply(200, 'application/json', await signIn(client, body));
      await identify(client, req.headers);
      const answer = await route(pathname, { client, engine, exporting, body, searchParams, headers: req.headers });
      return answer ? reply(200, ...answer) : reply(404);
    } catch (e) {
      refuse(reply, e);
    } finally {
      client.close().catch((e) => console.error('closing a request:', e));
    }
  });
}

// route answers [content type, body], or nothing for a path that does not exist.
async function route(pathname, { client, engine, exporting, body, searchParams, headers }) {
  switch (pathname) {
    case '/rpc': {
      const { id, ...request } = fields(body);
      return ['application/cbor', map({ id, ...(await client.rpc(request)) })];
    }
    case '/sql':
    case '/import': {
      const sql = (pathname === '/import' ? 'OPTION IMPORT;\n' : '') + body;
      const result = await client.run('query', text(sql), encode(Object.fromEntries(searchParams)));
      return /cbor/.test(headers.accept ?? '') ? ['application/cbor', result] : ['application/json', JSON.stringify(decode(result))];
    }
    case '/export': {
      await client.run('query', text('INFO FOR DB')); // may this client see it at all?
      const names = array(text(headers['surreal-ns'] ?? ''), text(headers['surreal-db'] ?? ''));
      return ['text/plain', await exporting(async () => {
        const used = await engine.call({ method: text('use'), params: names }); // exports are of the engine's own session
        if (used.error) throw new Refused(used.error);
        return engine.export();
      })];
    }
  }
}

async function signIn(client, body) {
  const token = decode(await client.run('signin', encode(JSON.parse(body))));
  return JSON.stringify({ code: 200, details: 'Authentication succeeded', token });
}

// identify signs in as the headers say and chooses namespace and database.
async function identify(client, headers) {
  const authorization = headers.authorization ?? '';
  if (authorization.startsWith('Bearer ')) await client.run('authenticate', text(authorization.slice(7)));
  if (authorization.startsWith('Basic ')) {
    const plain = Buffer.from(authorization.slice(6), 'base64').toString();
    const at = plain.indexOf(':');
    await client.run('signin', encode({
      ...(headers['surreal-auth-ns'] && { NS: headers['surreal-auth-ns'] }),
      ...(headers['surreal-auth-db'] && { DB: headers['surreal-auth-db'] }),
      user: plain.slice(0, at), pass: plain.slice(at + 1),
    }));
  }
  if (headers['surreal-ns']) await client.use(headers['surreal-ns'], headers['surreal-db']);
}

function refuse(reply, e) {
  const error = e instanceof Refused ? decode(e.span) : { code: 0, message: e.message };
  const code = error.code === -32002 ? 401 : 400;
  reply(code, 'application/json', JSON.stringify({ code, details: 'Request problems detected', information: error.message }));
}

async function read(req) {
  const chunks = [];
  let size = 0;
  for await (const chunk of req) {
    size += chunk.length;
    if (size > bodyLimit) throw new Error(`the body is larger than ${bodyLimit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

// serial runs jobs one after another.
function serial() {
  let last = Promise.resolve();
  return (job) => {
    const next = last.then(job, job);
    last = next.catch(() => {});
    return next;
  };
}
