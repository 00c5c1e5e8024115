"""Modbus units as tables of addresses: what may be read, what may be written, and what a write does."""

import struct

from pymodbus.constants import ExcCodes
from pymodbus.pdu.bit_message import (
    ReadCoilsResponse,
    ReadDiscreteInputsResponse,
    WriteMultipleCoilsResponse,
    WriteSingleCoilResponse,
)
from pymodbus.pdu.exceptionresponse import ExceptionResponse
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersResponse,
    ReadInputRegistersResponse,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterResponse,
)

FORMS = {"u16": ">H", "i16": ">h", "u32": ">I", "i32": ">i", "f32": ">f", "u64": ">Q", "i64": ">q", "f64": ">d"}
READS = {
    1: ReadCoilsResponse,
    2: ReadDiscreteInputsResponse,
    3: ReadHoldingRegistersResponse,
    4: ReadInputRegistersResponse,
}


class Value:
    """A meter's value in registers."""

    def __init__(self, meter, quantity, form, *, scale=1.0, low_word_first=False, nan=None):
        self.meter, self.quantity, self.form = meter, quantity, form
        self.scale, self.low_word_first, self.nan = scale, low_word_first, nan
        self.size = struct.calcsize(FORMS[form]) // 2

    def words(self):
        lie = self.meter.lie
        if lie in ("zero", "all_ff"):
            return [0 if lie == "zero" else 0xFFFF] * self.size
        raw = self.encoded(lie)
        words = list(struct.unpack(f">{self.size}H", raw))
        if lie == "swapped" and self.size > 1:
            words = words[::-1]
        return words[::-1] if self.low_word_first else words

    def encoded(self, lie):
        if lie == "nan" and self.nan is not None:
            return self.nan
        value = self.meter.value(self.quantity) * self.scale
        return struct.pack(FORMS[self.form], value if self.form[0] == "f" else int(value + 1e-6))


class Word:
    """A register, or a bit, that something computes."""

    size = 1

    def __init__(self, compute):
        self.compute = compute

    def words(self):
        return [self.compute()]


class Unit:
    """One unit id. `reads[function][address]`; `writes[(function, address)]` takes the value written."""

    def __init__(self, *, longest_read=125, align=1, holes=()):
        self.longest_read, self.align, self.holes = longest_read, align, holes
        self.reads = {1: {}, 2: {}, 3: {}, 4: {}}
        self.writes = {}

    def answer(self, request, say):
        if request.function_code in READS:
            return self.read(request, say)
        return self.write(request, say)

    def read(self, request, say):
        function, first, count = request.function_code, request.address, request.count
        registers = function >= 3
        if registers and (count > self.longest_read or count % self.align or first % self.align):
            say(wrong="a read longer than the device allows, or not of whole values", function=function, first=first, count=count)
            return refusal(request, ExcCodes.ILLEGAL_VALUE)
        known = {}
        for address, value in self.reads[function].items():
            if address < first + count and address + value.size > first:
                known.update(zip(range(address, address + value.size), value.words()))
        wanted = range(first, first + count)
        # Bits come in whole bytes; those beyond a bank are read as 0.
        unknown = [a for a in wanted if a not in known and not any(low <= a <= high for low, high in self.holes)]
        if registers and unknown or not known:
            say(wrong="a read of what is not there", function=function, first=first, count=count)
            return refusal(request, ExcCodes.ILLEGAL_ADDRESS)
        values = [known.get(address, 0) for address in wanted]
        if registers:
            return READS[function](registers=values)
        return READS[function](bits=[bool(value) for value in values])

    def write(self, request, say):
        function, address = request.function_code, request.address
        values = list(request.bits) if function in (5, 15) else list(request.registers)
        heard = [self.writes.get((function, address + place)) for place in range(len(values))]
        if not values or None in heard:
            say(wrong="a write where nothing may be written", function=function, address=address, values=[int(v) for v in values])
            return refusal(request, ExcCodes.ILLEGAL_ADDRESS)
        for act, value in zip(heard, values):
            if act(value) is False:
                say(wrong="a value that means nothing", function=function, address=address, values=[int(v) for v in values])
                return refusal(request, ExcCodes.ILLEGAL_VALUE)
        echo = {
            5: lambda: WriteSingleCoilResponse(address=address, bits=values),
            6: lambda: WriteSingleRegisterResponse(address=address, registers=values),
            15: lambda: WriteMultipleCoilsResponse(address=address, count=len(values)),
            16: lambda: WriteMultipleRegistersResponse(address=address, count=len(values)),
        }
        return echo[function]()


def refusal(request, code):
    return ExceptionResponse(request.function_code, code)
