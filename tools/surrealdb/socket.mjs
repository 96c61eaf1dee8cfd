// The WebSocket side: /rpc with the subprotocol cbor.
import { WebSocketServer } from 'ws';
import { fields, given, map } from './cbor.mjs';
import { failure } from './engine.mjs';

const messageLimit = 128 << 20; // bytes, as the server's own
const unreadLimit = 256 << 20; // bytes kept for a client that does not read

export function serveSockets(server, clients) {
  const sockets = new WebSocketServer({
    server, path: '/rpc', maxPayload: messageLimit, perMessageDeflate: false,
    handleProtocols: (offered) => offered.has('cbor') && 'cbor',
  });
  sockets.on('connection', (socket) => {
    if (socket.protocol !== 'cbor') return socket.close(1002, 'this server speaks the subprotocol cbor only');
    const send = (span) => {
      if (socket.readyState !== socket.OPEN) return;
      socket.send(span);
      if (socket.bufferedAmount > unreadLimit) socket.terminate();
    };
    const client = clients.create((notification) => send(map({ result: notification })));
    // Requests of one socket run side by side, as they do on the server.
    socket.on('message', async (data, binary) => {
      let request;
      try {
        if (!binary) throw new Error('expected a binary message');
        request = fields(data);
      } catch (e) {
        return send(map(failure(-32700, 'Validation', `Parse error: ${e.message}`)));
      }
      send(map({ id: given(request.id), ...(await client.rpc(request)) }));
    });
    socket.on('error', () => {}); // the close that follows says it all
    socket.on('close', () => client.close().catch((e) => console.error('closing a client:', e)));
  });
  return sockets;
}
