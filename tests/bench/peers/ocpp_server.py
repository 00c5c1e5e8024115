"""A small CSMS on PyPI ocpp and websockets: every TransactionEvent is two rows in SQLite, answered after the commit.

Arguments: DATABASE row|group. With `row` each message has a commit of its own; with `group` a thread commits together
whatever waits. Says {"port"} once it listens.
"""

import asyncio
import json
import logging
import queue
import sqlite3
import sys
import threading
from datetime import datetime, timezone

import websockets
from ocpp.routing import on
from ocpp.v21 import ChargePoint, call_result

DATABASE, COMMITS = sys.argv[1:3]
# What a commit at most holds.
GROUP = 1 if COMMITS == "row" else 512

TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE readings (id INTEGER PRIMARY KEY, station TEXT, at TEXT, register_wh INTEGER, sampled TEXT);
CREATE TABLE transactions (id TEXT PRIMARY KEY, station TEXT, seq_no INTEGER, state TEXT, start_wh INTEGER, last_wh INTEGER);
"""
READING = "INSERT INTO readings (station, at, register_wh, sampled) VALUES (?, ?, ?, ?)"
TRANSACTION = """
INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
SET seq_no = excluded.seq_no, state = excluded.state, last_wh = excluded.last_wh WHERE excluded.seq_no > seq_no
"""

waiting = queue.SimpleQueue()


def write(loop):
    """The thread that has the connection."""
    database = sqlite3.connect(DATABASE, isolation_level=None)
    database.executescript(TABLES)
    while True:
        group = [waiting.get()]
        while len(group) < GROUP and not waiting.empty():
            group.append(waiting.get())
        database.execute("BEGIN IMMEDIATE")
        for reading, transaction, _ in group:
            database.execute(READING, reading)
            database.execute(TRANSACTION, transaction)
        database.execute("COMMIT")
        loop.call_soon_threadsafe(answer, [done for _, _, done in group])


def answer(group):
    for done in group:
        if not done.done():
            done.set_result(None)


def now():
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")


class Station(ChargePoint):
    @on("BootNotification")
    def on_boot(self, **_):
        return call_result.BootNotification(current_time=now(), interval=300, status="Accepted")

    @on("TransactionEvent")
    async def on_transaction_event(self, timestamp, seq_no, transaction_info, meter_value=(), **_):
        sampled = meter_value[-1]["sampled_value"]
        energy = next(value for value in sampled if value["measurand"] == "Energy.Active.Import.Register")
        wh = int(energy["value"])
        state = transaction_info.get("charging_state")
        transaction = (transaction_info["transaction_id"], self.id, seq_no, state, wh, wh)
        done = asyncio.get_running_loop().create_future()
        waiting.put(((self.id, timestamp, wh, json.dumps(sampled)), transaction, done))
        await done
        return call_result.TransactionEvent()


async def serve(connection):
    try:
        await Station(connection.request.path.rsplit("/", 1)[-1], connection).start()
    except websockets.ConnectionClosed:
        pass


async def main():
    logging.getLogger("ocpp").setLevel(logging.ERROR)
    threading.Thread(target=write, args=(asyncio.get_running_loop(),), daemon=True).start()
    options = {"subprotocols": ["ocpp2.1"], "compression": None, "backlog": 1024}
    async with websockets.serve(serve, "127.0.0.1", 0, **options) as server:
        print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
        await server.serve_forever()


asyncio.run(main())
