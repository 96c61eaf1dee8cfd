// A client: one socket, or one HTTP request. It has a session of the engine to
// itself, and whatever else it opens ends with it.
import { randomBytes } from 'node:crypto';
import { array, dashed, given, NULL, string, text, uuid, uuidKey } from './cbor.mjs';
import { failure } from './engine.mjs';

// The embedded engine lets a session that has not signed in do anything. A server
// does not, so these alone are open to such a session.
const open = new Set([
  'ping', 'version', 'use', 'signin', 'signup', 'authenticate', 'refresh', 'invalidate',
  'attach', 'detach', 'let', 'set', 'unset', 'reset', 'info',
]);
const signsIn = new Set(['signin', 'signup', 'authenticate', 'refresh']);
const denied = () => failure(-32002, 'NotAllowed', 'IAM error: Not enough permissions to perform this action');

// Clients knows which client each session of the engine belongs to.
export class Clients {
  #engine;
  #trusting;
  #bySession = new Map();

  // trusting: nobody has to sign in.
  constructor(engine, trusting) {
    this.#engine = engine;
    this.#trusting = trusting;
  }

  create(notify) {
    return new Client(this.#engine, this.#trusting, this.#bySession, notify);
  }

  // notify hands a notification to the client whose session asked for it.
  notify(session, span) {
    this.#bySession.get(session)?.notify(span);
  }
}

class Client {
  #engine;
  #trusting;
  #all;
  #own = uuid(randomBytes(16));
  #sessions = new Map(); // key → { span, trusted }
  #transactions = new Map(); // key → span
  #ready;

  constructor(engine, trusting, all, notify) {
    this.#engine = engine;
    this.#trusting = trusting;
    this.#all = all;
    this.notify = notify;
    this.#ready = this.#attach(this.#own);
  }

  async #attach(session) {
    const answer = await this.#engine.call({ method: text('attach'), session });
    if (!answer.error) {
      this.#sessions.set(uuidKey(session), { span: session, trusted: this.#trusting });
      this.#all.set(uuidKey(session), this);
    }
    return answer;
  }

  // rpc carries out a request of spans {method, params, session?, txn?}.
  async rpc(request) {
    await this.#ready;
    const method = string(request.method) ?? '';
    const span = given(request.session) ?? this.#own;
    const key = uuidKey(span);
    if (method === 'attach') {
      return this.#all.has(key) ? failure(-32602, 'Validation', `Session already exists: ${dashed(key)}`) : this.#attach(span);
    }
    const session = this.#sessions.get(key);
    if (!session) return failure(-32000, 'NotFound', `Session not found: ${dashed(key)}`);
    if (method === 'sessions') {
      return { result: array(...[...this.#sessions.values()].map((s) => s.span).filter((s) => s !== this.#own)) };
    }
    if (!session.trusted && !open.has(method)) return denied();
    const answer = await this.#engine.call({
      method: request.method, params: given(request.params), session: span, txn: given(request.txn),
    });
    if (!answer.error) this.#keep(method, session, key, request, answer.result);
    return answer;
  }

  // keep notes what a request that succeeded changed about this client.
  #keep(method, session, key, request, result) {
    if (signsIn.has(method)) session.trusted = true;
    else if (method === 'invalidate' || method === 'reset') session.trusted = this.#trusting;
    else if (method === 'begin') this.#transactions.set(uuidKey(result), result);
    else if (method === 'commit' || method === 'cancel') this.#transactions.delete(uuidKey(request.params));
    else if (method === 'detach') {
      this.#sessions.delete(key);
      this.#all.delete(key);
    }
  }

  // run carries out one method with parameters and throws its error, for HTTP.
  async run(method, ...params) {
    const answer = await this.rpc({ method: text(method), params: array(...params) });
    if (answer.error) throw new Refused(answer.error);
    return answer.result;
  }

  use(namespace, database) {
    return this.run('use', text(namespace), database ? text(database) : NULL);
  }

  // close ends what is open; detaching a session kills its live queries.
  async close() {
    await this.#ready;
    for (const span of this.#transactions.values()) {
      await this.#engine.call({ method: text('cancel'), params: array(span), session: this.#own });
    }
    for (const [key, { span }] of this.#sessions) {
      this.#all.delete(key);
      await this.#engine.call({ method: text('detach'), session: span });
    }
  }
}

// Refused is an error answer of the engine, thrown.
export class Refused extends Error {
  constructor(span) {
    super('refused');
    this.span = span;
  }
}
