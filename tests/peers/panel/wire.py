"""The three transports on pymodbus's framers, and everything that can go wrong on a wire."""

import asyncio
import ctypes
import os
import random
import signal
import time
import tty

from pymodbus.constants import ExcCodes
from pymodbus.exceptions import ModbusException
from pymodbus.framer.rtu import FramerRTU
from pymodbus.framer.socket import FramerSocket
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.exceptionresponse import ExceptionResponse

# A slave forgets half a request after this silence.
SILENCE_S = 0.03
PR_SET_PDEATHSIG = 1
KINDS = {
    "deaf",
    "silence",
    "exception",
    "late",
    "held",
    "garbage",
    "noise",
    "short",
    "crc",
    "wrong_unit",
    "wrong_tid",
    "wrong_function",
    "close",
}


class Fault:
    """Of the kinds, "deaf" and "exception" and "close" mean that nothing was done, the others that only the answer suffers.

    Something wrong with the answers of one unit, or of all; so many times, or until it is cleared."""

    def __init__(self, kind, unit=None, functions=None, times=None, ms=0, code=4):
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind}")
        self.kind, self.unit, self.functions = kind, unit, functions
        self.times, self.ms, self.code = times, ms, code

    def strikes(self, request):
        if self.times == 0 or self.unit not in (None, request.dev_id):
            return False
        if self.functions and request.function_code not in self.functions:
            return False
        if self.times:
            self.times -= 1
        return True


class Wire:
    """One bus with its units. `line` is what bytes go out on now: a late answer finds whoever listens then."""

    def __init__(self, units, framer, say):
        self.units, self.say = units, say
        self.framer = framer(DecodePDU(is_server=True))
        self.serial = framer is FramerRTU
        self.faults, self.fired = [], {}
        self.line = None
        self.held = b""
        self.heard, self.heard_at = b"", 0.0
        self.requests = 0
        self.random = random.Random(7)

    def connected(self, line):
        self.line, self.heard = line, b""

    def disconnected(self, line):
        if self.line is line:
            self.line = None

    def receive(self, data):
        now = time.monotonic()
        if self.serial and now - self.heard_at > SILENCE_S:
            self.heard = b""
        self.heard, self.heard_at = self.heard + data, now
        while self.heard:
            try:
                used, request = self.framer.handleFrame(self.heard, 0, 0)
            except (ModbusException, ValueError) as error:
                self.say(wrong=f"a request that pymodbus cannot read: {error}", bytes=self.heard.hex())
                used, request = len(self.heard), None
            self.heard = self.heard[used:]
            if request is None:
                if not used:
                    return
                self.say(wrong="bytes that are no request", serial=self.serial)
                continue
            self.serve(request)

    def serve(self, request):
        self.requests += 1
        held, self.held = self.held, b""
        if held:
            # The answer to an earlier question, just after this one was asked.
            self.send(held)
        if request.dev_id == 0:
            self.say(wrong="a broadcast", function=request.function_code)
            return
        fault = next((fault for fault in self.faults if fault.strikes(request)), None)
        if fault:
            self.fired[fault.kind] = self.fired.get(fault.kind, 0) + 1
        if fault and fault.kind == "exception":
            return self.send(self.frame(request, ExceptionResponse(request.function_code, ExcCodes(fault.code))))
        if fault and fault.kind == "close":
            self.line.close()
            return
        if fault and fault.kind == "deaf":
            return
        unit = self.units.get(request.dev_id)
        if unit is None:
            # On a serial bus nobody answers; a gateway says so.
            if not self.serial:
                self.send(self.frame(request, ExceptionResponse(request.function_code, ExcCodes.GATEWAY_NO_RESPONSE)))
            return
        response = unit.answer(request, self.say)
        if fault:
            self.send_badly(fault, request, response)
        else:
            self.send(self.frame(request, response))

    def send_badly(self, fault, request, response):
        """Whatever a breaker was told it has heard: only the answer suffers."""
        good = self.frame(request, response)
        if fault.kind == "late":
            asyncio.get_running_loop().call_later(fault.ms / 1000, self.send, good)
        elif fault.kind == "held":
            self.held = good
        elif fault.kind == "garbage":
            self.send(self.random.randbytes(len(good)))
        elif fault.kind == "noise":
            self.send(self.random.randbytes(3) + good)
        elif fault.kind == "short":
            self.send(good[: len(good) // 2])
        elif fault.kind == "crc":
            self.send(good[:-1] + bytes([good[-1] ^ 0x55]))
        elif fault.kind == "wrong_unit":
            self.send(self.frame(request, response, unit=request.dev_id + 1))
        elif fault.kind == "wrong_tid":
            self.send(self.frame(request, response, tid=request.transaction_id ^ 0x0101))
        elif fault.kind == "wrong_function":
            response.function_code = {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 15: 16, 16: 15}[request.function_code]
            self.send(self.frame(request, response))

    def frame(self, request, response, unit=None, tid=None):
        response.dev_id = request.dev_id if unit is None else unit % 256
        response.transaction_id = request.transaction_id if tid is None else tid
        return self.framer.buildFrame(response)

    def send(self, frame):
        if self.line is not None:
            self.line.write(frame)


def end_with_parent():
    """A panel that is killed leaves no socat behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class TcpLine(asyncio.Protocol):
    """A gateway with one connection: a newer one takes over."""

    def __init__(self, wire):
        self.wire = wire

    def connection_made(self, transport):
        self.transport = transport
        self.wire.connected(transport)

    def data_received(self, data):
        self.wire.receive(data)

    def connection_lost(self, error):
        self.wire.disconnected(self.transport)


class SerialLine:
    """A pair of terminals that socat joins: we hold one, the controller opens the other. Closing is unplugging."""

    def __init__(self, wire, folder):
        self.wire, self.ours, self.theirs = wire, os.path.join(folder, "panel"), os.path.join(folder, "line")
        self.file = None

    async def plug_in(self):
        self.socat = await asyncio.create_subprocess_exec(
            "socat",
            f"pty,raw,echo=0,link={self.ours}",
            f"pty,raw,echo=0,link={self.theirs}",
            preexec_fn=end_with_parent,
        )
        while not (os.path.exists(self.ours) and os.path.exists(self.theirs)):
            if self.socat.returncode is not None:
                raise RuntimeError(f"socat ended with {self.socat.returncode}")
            await asyncio.sleep(0.002)
        self.file = os.open(self.ours, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.file)
        asyncio.get_running_loop().add_reader(self.file, self.read)
        self.wire.connected(self)

    def read(self):
        try:
            data = os.read(self.file, 4096)
            self.wire.receive(data) if data else self.unplug()
        except BlockingIOError:
            pass
        except OSError:
            self.unplug()

    def write(self, data):
        os.write(self.file, data)

    def close(self):
        self.unplug()
        asyncio.get_running_loop().create_task(self.plug_in_again())

    async def plug_in_again(self):
        await self.socat.wait()
        await self.plug_in()

    def unplug(self):
        self.wire.disconnected(self)
        if self.file is not None:
            asyncio.get_running_loop().remove_reader(self.file)
            os.close(self.file)
            self.file = None
        if self.socat.returncode is None:
            self.socat.terminate()


async def open_wire(transport, units, say, folder):
    """Answers with the wire, where the controller finds it, and what closes it."""
    if transport == "rtu":
        wire = Wire(units, FramerRTU, say)
        line = SerialLine(wire, folder)
        await line.plug_in()
        return wire, line.theirs, line.unplug
    wire = Wire(units, FramerSocket if transport == "tcp" else FramerRTU, say)
    server = await asyncio.get_running_loop().create_server(lambda: TcpLine(wire), "127.0.0.1", 0)
    return wire, server.sockets[0].getsockname()[1], server.close
