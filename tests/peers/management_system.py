"""A management system on PyPI ocpp and websockets: accepts one station, starts a charge, sees it, stops it.

Arguments: VERSION(2.1|2.0.1) PASSWORD. Says its port and what it heard in JSON lines. Every message is checked against
the official schemas by the library; one that does not fit ends the run.
"""

import asyncio
import base64
import json
import sys
from datetime import datetime, timezone

import websockets
from ocpp.routing import on

VERSION, PASSWORD = sys.argv[1:3]
REMOTE_START_ID = 77

if VERSION == "2.1":
    from ocpp.v21 import ChargePoint, call, call_result

    SUBPROTOCOL = "ocpp2.1"
else:
    from ocpp.v201 import ChargePoint, call, call_result

    SUBPROTOCOL = "ocpp2.0.1"


def say(**what):
    print(json.dumps(what), flush=True)


def now():
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")


class System(ChargePoint):
    def __init__(self, *args):
        super().__init__(*args)
        self.heard = asyncio.Queue()
        self.booted = asyncio.Event()
        self.available = asyncio.Event()

    async def route_message(self, raw):
        before = len(problems)
        await super().route_message(raw)
        if len(problems) > before:
            say(invalid=raw)

    @on("BootNotification")
    def on_boot(self, charging_station, reason, **_):
        say(boot=charging_station, reason=reason)
        self.booted.set()
        return call_result.BootNotification(current_time=now(), interval=60, status="Accepted")

    @on("Heartbeat")
    def on_heartbeat(self, **_):
        return call_result.Heartbeat(current_time=now())

    @on("StatusNotification")
    def on_status(self, **status):
        if status["evse_id"] == 1 and status["connector_status"] == "Available":
            self.available.set()
        return call_result.StatusNotification()

    @on("NotifyEvent")
    def on_event(self, **_):
        return call_result.NotifyEvent()

    @on("MeterValues")
    def on_meter_values(self, **_):
        return call_result.MeterValues()

    @on("SecurityEventNotification")
    def on_security(self, **_):
        return call_result.SecurityEventNotification()

    @on("TransactionEvent")
    def on_transaction(self, **event):
        self.heard.put_nowait(event)
        return call_result.TransactionEvent()

    async def until(self, what, fits):
        while True:
            event = await asyncio.wait_for(self.heard.get(), 30)
            say(heard=event["event_type"], reason=event["trigger_reason"], seq=event["seq_no"])
            if fits(event):
                return event


problems = []


def register(event):
    for value in event.get("meter_value") or []:
        for sample in value["sampled_value"]:
            if sample.get("measurand", "Energy.Active.Import.Register") == "Energy.Active.Import.Register":
                return sample["value"]
    return None


async def charge(system):
    await asyncio.wait_for(system.booted.wait(), 30)
    await asyncio.wait_for(system.available.wait(), 30)
    answer = await system.call(
        call.RequestStartTransaction(
            id_token={"id_token": "PEER-DRIVER", "type": "Central"}, remote_start_id=REMOTE_START_ID, evse_id=1
        ),
        suppress=False,
    )
    say(start=answer.status)
    started = await system.until("Started", lambda e: e["event_type"] == "Started")
    info = started["transaction_info"]
    say(started=info["transaction_id"], remote_start_id=info.get("remote_start_id"), register=register(started))
    charging = lambda e: e["transaction_info"].get("charging_state") == "Charging"
    await system.until("Charging", charging)
    triggered = await system.call(
        call.TriggerMessage(requested_message="TransactionEvent", evse={"id": 1}), suppress=False
    )
    say(trigger=triggered.status)
    await system.until("Trigger", lambda e: e["trigger_reason"] == "Trigger")
    answer = await system.call(call.RequestStopTransaction(transaction_id=info["transaction_id"]), suppress=False)
    say(stop=answer.status)
    ended = await system.until("Ended", lambda e: e["event_type"] == "Ended")
    say(ended=ended["transaction_info"].get("stopped_reason"), register=register(ended))


async def main():
    import logging

    class Collect(logging.Handler):
        def emit(self, record):
            if record.levelno >= logging.ERROR:
                problems.append(record.getMessage())

    logging.getLogger("ocpp").addHandler(Collect())
    done = asyncio.get_running_loop().create_future()

    async def serve(connection):
        login = connection.request.headers.get("Authorization", "")
        station = connection.request.path.rsplit("/", 1)[-1]
        expected = base64.b64encode(f"{station}:{PASSWORD}".encode()).decode()
        say(subprotocol=connection.subprotocol, authenticated=login == f"Basic {expected}", path=connection.request.path)
        system = System(station, connection)
        serving = asyncio.create_task(system.start())
        try:
            await charge(system)
            done.set_result(None)
        except BaseException as error:
            if not done.done():
                done.set_exception(error)
        await connection.close()
        serving.cancel()

    async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=[SUBPROTOCOL]) as server:
        say(port=server.sockets[0].getsockname()[1])
        await asyncio.wait_for(done, 90)
    say(done=True, problems=problems)


asyncio.run(main())
