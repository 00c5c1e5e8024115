"""The board and the meters of docs/how-to/add-a-device.md on pymodbus, to try its files on.

Prints one JSON line with its port. Breakers move at once; a closed one carries 14.2 A. Arguments, both optional: the
port, and how many times faster than life the meters count.
"""

import asyncio
import json
import sys
import time

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

OUTLETS = 4
VOLTS, AMPERES = 203.4, 14.2
SPEED = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
CLOSE, OPEN = 1, 2

closed = [False] * OUTLETS
energy_ws = [float(1_234_560 + n) * 3600 for n in range(OUTLETS)]
seen = time.monotonic()


def count():
    global seen
    now = time.monotonic()
    for n in range(OUTLETS):
        energy_ws[n] += VOLTS * AMPERES * SPEED * (now - seen) * closed[n]
    seen = now


def low_word_first(value):
    return [value & 0xFFFF, value >> 16]


async def board(function, start, address, wanted, registers, values):
    count()
    if values is not None:
        if function == 6 and address < OUTLETS and values[0] in (CLOSE, OPEN):
            closed[address] = values[0] == CLOSE
            return None
        print(json.dumps({"wrong": [function, address, [int(v) for v in values]]}), flush=True)
        return None
    if function == 4:
        for n in range(OUTLETS):
            registers[16 + n - start] = 0b1000 | closed[n]
    return None


def meter(n):
    async def answer(function, start, address, wanted, registers, values):
        count()
        amperes = AMPERES if closed[n] else 0.0
        block = (
            [round(VOLTS * 10)]
            + low_word_first(round(amperes * 1000))
            + low_word_first(round(amperes * VOLTS * 10))
            + [0xFFFF]
            + low_word_first(int(energy_ws[n] / 36_000))
        )
        registers[0 - start : len(block) - start] = block
        text = f"M1-{n + 1:05}".encode()
        serial = [text[i] << 8 | text[i + 1] for i in range(0, 8, 2)]
        registers[100 - start : 104 - start] = serial
        return None

    return answer


def words(count):
    return [SimData(0, count=count, values=0, datatype=DataType.REGISTERS)]


async def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    bits = [SimData(0, count=1, values=False, datatype=DataType.BITS)]
    devices = [SimDevice(1, simdata=(bits, bits, words(8), words(32)), action=board)]
    devices += [SimDevice(11 + n, simdata=(bits, bits, words(120), words(1)), action=meter(n)) for n in range(OUTLETS)]
    server = ModbusTcpServer(devices, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    print(json.dumps({"port": server.transport.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.get_running_loop().create_future()


asyncio.run(main())
