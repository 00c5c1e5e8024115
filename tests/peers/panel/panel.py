"""A panel on pymodbus's framers and messages, with breakers, cars and meters of its own, and faults on command.

Arguments: LAYOUT TRANSPORT(tcp|rtu|rtu-over-tcp) OUTLETS SPEED TRAVEL_MS. Says where it is in a JSON line, then what
happens; takes commands as JSON lines with an "id", which is said again in "done".
"""

import asyncio
import json
import logging
import shutil
import sys
import tempfile

from layouts import LAYOUTS
from plant import Circuit, now_ms
from wire import Fault, open_wire


def say(**what):
    print(json.dumps(what), flush=True)


class Panel:
    def __init__(self, layout, outlets, speed, travel_s):
        self.circuits = [Circuit(n, speed, travel_s, say) for n in range(1, outlets + 1)]
        self.units, self.meters = LAYOUTS[layout](self.circuits, say)
        self.wire = None

    def obey(self, command):
        """One command; what it answers."""
        kind, number = command["do"], command.get("outlet", 1)
        circuit, meter = self.circuits[number - 1], self.meters[number - 1]
        if kind == "truth":
            return self.truth()
        if kind == "fault":
            self.wire.faults.append(Fault(**command["fault"]))
        elif kind == "well":
            self.wire.faults.clear()
            self.wire.held = b""
            for liar in self.meters:
                liar.tell(None) if liar.lie != "reset" else None
        elif kind == "meter":
            meter.tell(command["lie"])
        elif kind == "breaker":
            circuit.move()
            circuit.mode = command["mode"]
            circuit.slow_by = command.get("slow_by", 1.0)
        elif kind == "mend":
            circuit.mode, circuit.slow_by = "sound", 1.0
            circuit.by_hand(False)
        elif kind == "trip":
            circuit.trip()
        elif kind == "reset":
            circuit.reset()
        elif kind == "hand":
            circuit.by_hand(command["close"])
        elif kind == "car":
            circuit.draw(command["amperes"])
        else:
            raise ValueError(f"no such command: {kind}")
        return {}

    def truth(self):
        return {
            "delivered_mwh": [circuit.delivered_mwh() for circuit in self.circuits],
            "closed": [circuit.closed for circuit in self.circuits],
            "position": [circuit.position for circuit in self.circuits],
            "fired": self.wire.fired,
            "requests": self.wire.requests,
        }


async def main(layout, transport, outlets, speed, travel_ms):
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    panel = Panel(layout, int(outlets), float(speed), int(travel_ms) / 1000)
    folder = tempfile.mkdtemp(prefix="denro-line-")
    panel.wire, place, close = await open_wire(transport, panel.units, say, folder)
    say(place=place)
    try:
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := await lines.readline():
            command = json.loads(line)
            say(done=command["id"], at=now_ms(), **panel.obey(command))
    finally:
        close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
