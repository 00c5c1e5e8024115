// A small CSMS on npm ocpp-rpc: every TransactionEvent is two rows in SQLite (npm libsql), answered after the commit.
// Arguments: DATABASE row|group. With `row` each message has a commit of its own; with `group` what has come within 5 ms is
// committed together. Says {"port"} once it listens.

import { createRequire } from 'node:module';
import Database from 'libsql';
import { RPCServer, createValidator } from 'ocpp-rpc';

const GROUP_MS = 5;
const [path, commits] = process.argv.slice(2);
const database = new Database(path);
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE readings (id INTEGER PRIMARY KEY, station TEXT, at TEXT, register_wh INTEGER, sampled TEXT);
  CREATE TABLE transactions (id TEXT PRIMARY KEY, station TEXT, seq_no INTEGER, state TEXT, start_wh INTEGER, last_wh INTEGER);
`);
const reading = database.prepare('INSERT INTO readings (station, at, register_wh, sampled) VALUES (?, ?, ?, ?)');
const transaction = database.prepare(`
  INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
  SET seq_no = excluded.seq_no, state = excluded.state, last_wh = excluded.last_wh WHERE excluded.seq_no > seq_no
`);

let waiting = [];

function commit(group) {
  database.exec('BEGIN IMMEDIATE');
  for (const { station, params } of group) {
    const { transactionInfo, seqNo, timestamp } = params;
    const { sampledValue } = params.meterValue.at(-1);
    const wh = sampledValue.find((value) => value.measurand === 'Energy.Active.Import.Register').value;
    reading.run(station, timestamp, wh, JSON.stringify(sampledValue));
    transaction.run(transactionInfo.transactionId, station, seqNo, transactionInfo.chargingState, wh, wh);
  }
  database.exec('COMMIT');
  for (const { done } of group) done({});
}

function stored(station, params) {
  return new Promise((done) => {
    const message = { station, params, done };
    if (commits === 'row') return commit([message]);
    waiting.push(message);
    if (waiting.length === 1) {
      setTimeout(() => {
        const group = waiting;
        waiting = [];
        commit(group);
      }, GROUP_MS);
    }
  });
}

// Version 2.2.1 looks for the schemas of OCPP 2.1 under names that they do not have: they are named anew here.
const schemas = createRequire(import.meta.url)('ocpp-rpc/lib/schemas/ocpp2_1.json').map((schema) => ({
  ...schema, $id: schema.$id.replace(/Request$/, '.req').replace(/Response$/, '.conf'),
}));
const server = new RPCServer({
  protocols: ['ocpp2.1'], strictMode: true, strictModeValidators: [createValidator('ocpp2.1', schemas)],
});
server.on('client', (client) => {
  client.handle('BootNotification', () => ({
    currentTime: new Date().toISOString(), interval: 300, status: 'Accepted',
  }));
  client.handle('TransactionEvent', ({ params }) => stored(client.identity, params));
});
const http = await server.listen(0, '127.0.0.1');
console.log(JSON.stringify({ port: http.address().port }));
