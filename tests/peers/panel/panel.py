"""A panel on pymodbus: order registers with bits, states in input registers, one multi-circuit meter with swapped words.

Prints one JSON line with its port, then one line per order; on stdin a line "truth" asks for what the meters really counted.
"""

import asyncio
import json
import sys
import threading
import time

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

OUTLETS = 4
ORDERS, ORDER_STRIDE = 0x0400, 8
STATES, STATE_STRIDE = 0x0300, 4
CIRCUITS, CIRCUIT_STRIDE = 0x1000, 0x14
OPEN_BIT, CLOSE_BIT, CLOSED_BIT, TRIPPED_BIT = 1, 2, 5, 9
TRAVEL_S = 0.15
VOLTS, AMPERES, SPEED = 203.4, 14.2, 600


def say(**what):
    print(json.dumps(what), flush=True)


class Outlet:
    def __init__(self, number):
        self.number = number
        self.closed = False
        self.target, self.arrives = False, 0.0
        self.energy_ws = (1_234_000 + number * 111) * 3600.0
        self.first_wh = int(self.energy_ws / 3600)
        self.seen = time.monotonic()

    def order(self, close):
        self.move()
        self.target, self.arrives = close, time.monotonic() + TRAVEL_S
        say(order="close" if close else "open", outlet=self.number)

    def move(self):
        now = time.monotonic()
        if self.target != self.closed and now >= self.arrives:
            self.count(self.arrives)
            self.closed = self.target
        self.count(now)

    def count(self, until):
        if self.closed and until > self.seen:
            self.energy_ws += VOLTS * AMPERES * SPEED * (until - self.seen)
        self.seen = max(self.seen, until)

    def wh(self):
        return int(self.energy_ws / 3600)


outlets = [Outlet(n) for n in range(1, OUTLETS + 1)]


def swapped(value):
    """A 32-bit value, the low word first."""
    return [value & 0xFFFF, value >> 16]


async def board(function, start, address, count, registers, values):
    if values is not None:
        index, rest = divmod(address - ORDERS, ORDER_STRIDE)
        if function != 6 or rest or not 0 <= index < OUTLETS or values[0] not in (1 << OPEN_BIT, 1 << CLOSE_BIT):
            say(wrong=[function, address, [int(v) for v in values]])
            return None
        outlets[index].order(values[0] == 1 << CLOSE_BIT)
        return None
    for index, outlet in enumerate(outlets):
        outlet.move()
        place = STATES + STATE_STRIDE * index - start
        if 0 <= place < len(registers):
            registers[place] = (1 << CLOSED_BIT if outlet.closed else 0) | 0x8000
    return None


async def meter(function, start, address, count, registers, values):
    if values is not None:
        say(wrong=[function, address, [int(v) for v in values]])
    for index, outlet in enumerate(outlets):
        outlet.move()
        amperes = AMPERES if outlet.closed else 0.0
        block = (
            swapped(outlet.wh())
            + swapped(round(amperes * VOLTS * 10))
            + [round(VOLTS * 100)]
            + [0xFFFF]
            + swapped(round(amperes * 1000))
        )
        place = CIRCUITS + CIRCUIT_STRIDE * index - start
        if 0 <= place and place + len(block) <= len(registers):
            registers[place : place + len(block)] = block
    return None


def answer_questions():
    for line in sys.stdin:
        if line.strip() == "truth":
            for outlet in outlets:
                outlet.move()
            say(truth=[outlet.wh() - outlet.first_wh for outlet in outlets], closed=[o.closed for o in outlets])


def words(first, count):
    return [SimData(first, count=count, values=0, datatype=DataType.REGISTERS)]


async def main():
    unused = [SimData(0, count=1, values=False, datatype=DataType.BITS)]
    one = words(0, 1)
    devices = [
        SimDevice(5, simdata=(unused, unused, words(ORDERS, 64), words(STATES, 32)), action=board),
        SimDevice(9, simdata=(unused, unused, words(CIRCUITS, CIRCUIT_STRIDE * OUTLETS), one), action=meter),
    ]
    server = ModbusTcpServer(devices, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    say(port=server.transport.sockets[0].getsockname()[1])
    threading.Thread(target=answer_questions, daemon=True).start()
    await asyncio.get_running_loop().create_future()


asyncio.run(main())
