"""Tries the panel alone, on every layout and transport: `.venv/bin/python tests/peers/panel/smoke.py`."""

import asyncio
import json
import os
import sys
import tty

from pymodbus.framer.rtu import FramerRTU
from pymodbus.framer.socket import FramerSocket
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.bit_message import ReadDiscreteInputsRequest, WriteMultipleCoilsRequest, WriteSingleCoilRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteSingleRegisterRequest,
)

HERE = os.path.dirname(os.path.abspath(__file__))
# layout: the unit with the first breaker, how it is closed, how its position is read, its bit, the meter's unit and register
LAYOUTS = {
    "relays": (1, WriteSingleCoilRequest(address=0, bits=[True]), ReadDiscreteInputsRequest(address=0, count=8), 11, 4, 0x48),
    "kmn": (1, WriteSingleCoilRequest(address=0, bits=[True]), ReadDiscreteInputsRequest(address=0, count=8), 21, 3, 0x200),
    "motor": (1, WriteSingleCoilRequest(address=0, bits=[True]), ReadDiscreteInputsRequest(address=0, count=8), 10, 3, 0x108),
    "smartlink": (1, WriteSingleRegisterRequest(address=0x3779, registers=[2]), ReadHoldingRegistersRequest(address=0x3778, count=1), 151, 3, 0x0C85),
    "low-words": (5, WriteMultipleCoilsRequest(address=0x20, bits=[True]), ReadInputRegistersRequest(address=0x300, count=1), 9, 3, 0x1000),
}


class Client:
    """Asks like a master, and hands out whatever bytes come back."""

    def __init__(self, transport, place):
        self.transport, self.place = transport, place
        self.framer = (FramerSocket if transport == "tcp" else FramerRTU)(DecodePDU(is_server=False))
        self.tid = 0

    async def connect(self):
        if self.transport == "rtu":
            self.file = os.open(self.place, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            tty.setraw(self.file)
            return
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.place)

    async def ask(self, unit, request, patience_s=0.15):
        self.tid += 1
        request.dev_id, request.transaction_id = unit, self.tid
        frame = self.framer.buildFrame(request)
        os.write(self.file, frame) if self.transport == "rtu" else self.writer.write(frame)
        got = b""
        try:
            async with asyncio.timeout(patience_s):
                while True:
                    got += await self.some()
        except TimeoutError:
            return got

    async def some(self):
        if self.transport != "rtu":
            data = await self.reader.read(512)
            if not data:
                raise TimeoutError
            return data
        while True:
            try:
                if data := os.read(self.file, 512):
                    return data
            except BlockingIOError:
                pass
            except OSError:
                raise TimeoutError from None
            await asyncio.sleep(0.002)

    def decode(self, data):
        _, answer = self.framer.handleFrame(data, 0, 0)
        return answer


class Panel:
    """The panel as a process, and a client at it."""

    async def start(self, layout, transport):
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, os.path.join(HERE, "panel.py"), layout, transport, "2", "600", "20",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )
        self.said = []
        place = (await self.until("place"))["place"]
        self.client = Client(transport, place)
        await self.client.connect()
        return self

    async def until(self, key):
        while line := await self.process.stdout.readline():
            self.said.append(json.loads(line))
            if key in self.said[-1]:
                return self.said[-1]
        raise RuntimeError(f"ended before {key}: {self.said}")

    async def tell(self, **command):
        self.process.stdin.write(json.dumps({"id": 1, **command}).encode() + b"\n")
        return await self.until("done")

    async def stop(self):
        self.process.stdin.close()
        await self.process.wait()


async def charge(layout, transport):
    board, close, look, meter, function, register = LAYOUTS[layout]
    panel = await Panel().start(layout, transport)
    client = panel.client
    before = client.decode(await client.ask(board, look))
    assert not closed(before), before
    assert len(await client.ask(board, close)) >= 8
    assert closed(client.decode(await client.ask(board, look)))
    read = {3: ReadHoldingRegistersRequest, 4: ReadInputRegistersRequest}[function](address=register, count=2)
    first = client.decode(await client.ask(meter, read)).registers
    second = client.decode(await client.ask(meter, read)).registers
    assert first != second, "the meter counts"
    truth = await panel.tell(do="truth")
    assert truth["delivered_mwh"][0] > 0 == truth["delivered_mwh"][1], truth
    assert not [line for line in panel.said if "wrong" in line], panel.said
    await panel.stop()


def closed(answer):
    return bool(answer.bits[0] if answer.bits else answer.registers[0] & 0x21)


async def faults(transport):
    panel = await Panel().start("relays", transport)
    client, look = panel.client, ReadDiscreteInputsRequest(address=0, count=8)
    good = await client.ask(1, look)
    comes = {
        "deaf": lambda got: got == b"",
        "silence": lambda got: got == b"",
        "exception": lambda got: client.decode(got).isError(),
        "late": lambda got: got == b"",
        "garbage": lambda got: got and got != good,
        "noise": lambda got: got[3:] and len(got) == len(good) + 3,
        "short": lambda got: 0 < len(got) < len(good),
        "crc": lambda got: got[:-1] == good[:-1] or transport == "tcp",
        "wrong_unit": lambda got: client.decode(got).dev_id == 2,
        "wrong_tid": lambda got: client.decode(got).transaction_id != client.tid or transport != "tcp",
        "wrong_function": lambda got: client.decode(got).function_code == 1,
        "held": lambda got: got == b"",
        "close": lambda got: got == b"",
    }
    for kind, fits in comes.items():
        await panel.tell(do="fault", fault={"kind": kind, "unit": 1, "times": 1, "ms": 300})
        got = await client.ask(1, look)
        assert fits(got), f"{kind}: {got.hex()}"
        await asyncio.sleep(0.25)
        if kind == "close":
            await client.connect()
        if kind == "late":
            assert await client.some(), "it comes all the same"
        if kind == "held":
            assert len(await client.ask(2, look)) == 2 * len(good), "it comes with the next"
        assert len(await client.ask(1, look)) == len(good), f"well after {kind}"
    truth = await panel.tell(do="truth")
    assert truth["fired"] == dict.fromkeys(comes, 1), truth
    await panel.stop()


async def main():
    transports = ("tcp", "rtu-over-tcp", "rtu")
    await asyncio.gather(*(charge(layout, transport) for layout in LAYOUTS for transport in transports))
    await asyncio.gather(*(faults(transport) for transport in transports))
    print("the panel is well on", len(LAYOUTS), "layouts and", len(transports), "transports")


if __name__ == "__main__":
    asyncio.run(main())
