"""A charging station on PyPI ocpp that does what it is told, also what no station should.

Arguments: URL STATION_ID PASSWORD VERSION(2.1|2.0.1). Reads JSON lines: {"n", "call", "payload", "id"?} is sent and its answer
told as {"answer N": …} or {"error N": code}; {"policy": {action: answer or null}} says how calls are answered, null never;
{"late": action} answers the oldest call of that action that was left. Tells each call as {"asked ACTION": payload}.
"""

import asyncio
import base64
import json
import sys

import websockets
from ocpp.charge_point import camel_to_snake_case
from ocpp.exceptions import OCPPError
from ocpp.messages import validate_payload

URL, STATION, PASSWORD, VERSION = sys.argv[1:5]

if VERSION == "2.1":
    from ocpp.v21 import ChargePoint, call

    SUBPROTOCOL = "ocpp2.1"
else:
    from ocpp.v201 import ChargePoint, call

    SUBPROTOCOL = "ocpp2.0.1"


def say(**what):
    print(json.dumps(what), flush=True)


class Station(ChargePoint):
    policy = {}
    left = []

    async def _handle_call(self, message):
        await validate_payload(message, self._ocpp_version)
        say(**{f"asked {message.action}": message.payload})
        answer = self.policy.get(message.action, {"status": "Accepted"})
        if answer is None:
            self.left.append((message, {"status": "Accepted"}))
        else:
            await self._send(message.create_call_result(answer).to_json())

    async def answer_late(self, action):
        place = next(n for n, (message, _) in enumerate(self.left) if message.action == action)
        message, answer = self.left.pop(place)
        await self._send(message.create_call_result(answer).to_json())
        say(late=action)

    async def obey(self, told):
        if "policy" in told:
            self.policy.update(told["policy"])
            say(policy=True)
        elif "late" in told:
            await self.answer_late(told["late"])
        else:
            payload = getattr(call, told["call"])(**camel_to_snake_case(told["payload"]))
            try:
                answer = await self.call(payload, suppress=False, unique_id=told.get("id"))
                say(**{f"answer {told['n']}": {"is": str(answer)}})
            except OCPPError as error:
                say(**{f"error {told['n']}": error.code})


async def lines():
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


async def main():
    login = base64.b64encode(f"{STATION}:{PASSWORD}".encode()).decode()
    connection = await websockets.connect(
        f"{URL}/{STATION}",
        subprotocols=[SUBPROTOCOL],
        proxy=None,
        additional_headers={"Authorization": f"Basic {login}"},
    )
    station = Station(STATION, connection)
    serving = asyncio.create_task(station.start())
    serving.add_done_callback(lambda task: None if task.cancelled() else say(gone=str(task.exception())))
    say(connected=True)
    async for told in lines():
        await station.obey(told)
    serving.cancel()
    await connection.close()


asyncio.run(main())
