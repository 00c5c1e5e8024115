"""The panels: which unit has what at which address. Written from the makers' papers, not from our device files."""

import asyncio
import struct

from plant import Meter
from units import Unit, Value, Word

QUIET_NAN = b"\x7f\xc0\x00\x00"
# What a PowerTag says for "not available".
POWERTAG_NAN = b"\xff\xc0\x00\x00"
# A motor's coil burns when a pulse does not end.
LONGEST_PULSE_S = 3.0


def position(circuit):
    circuit.move()
    return circuit.position


def relay_board(circuits, units, say):
    """Waveshare Modbus RTU Relay (D): coils switch, inputs 1 to 8 see the ON contacts."""
    board = Unit()
    coils = [False] * 8
    for place in range(8):
        board.reads[1][place] = Word(lambda place=place: coils[place])
        board.reads[2][place] = Word(lambda: False)
    for place, circuit in enumerate(circuits):

        def switch(on, place=place, circuit=circuit):
            coils[place] = bool(on)
            circuit.order(bool(on))

        board.writes[(5, place)] = switch
        board.reads[2][place] = Word(lambda circuit=circuit: position(circuit))
    units[1] = board
    inputs = Unit()
    for place in range(8):
        # Its outputs drive nothing.
        inputs.reads[1][place] = Word(lambda: False)
        inputs.reads[2][place] = Word(lambda: False)
    for place, circuit in enumerate(circuits):
        inputs.reads[2][place] = Word(lambda circuit=circuit: circuit.tripped)
    units[2] = inputs


def relays(circuits, say):
    """A relay board, an input board and a single-phase meter each."""
    units, meters = {}, []
    relay_board(circuits, units, say)
    for circuit in circuits:
        meter = Meter(circuit)
        unit = Unit(longest_read=80, align=2, holes=[(0x0000, 0x015F)])
        table = {0x0000: "volts", 0x0006: "amperes", 0x000C: "watts", 0x0046: "hertz", 0x0048: "kwh"}
        for address, quantity in table.items():
            unit.reads[4][address] = Value(meter, quantity, "f32", nan=QUIET_NAN)
        unit.reads[3][0xFC00] = Serial(18_000_100 + circuit.number)
        units[10 + circuit.number] = unit
        meters.append(meter)
    return units, meters


class Serial:
    """A serial number in two registers."""

    size = 2

    def __init__(self, number):
        self.number = number

    def words(self):
        return list(struct.unpack(">2H", struct.pack(">I", self.number)))


def smartlink(circuits, say):
    """Acti9 Smartlink with motor operators, and a wireless meter each behind its own unit id."""
    units, meters = {}, []
    board = Unit(holes=[(0x3778, 0x3778 + 40 * 11)])
    for place, circuit in enumerate(circuits):
        first = 0x3778 + 40 * place

        def order(word, circuit=circuit):
            # Both bits, or none, mean nothing.
            if word & 3 in (1, 2) and word < 4:
                return circuit.order(word == 2)
            return False

        board.reads[3][first] = Word(lambda c=circuit: (1 if position(c) else 0) | (0 if c.tripped else 2))
        board.reads[3][first + 1] = Word(lambda: 0)
        board.writes[(6, first + 1)] = order
        board.writes[(16, first + 1)] = order
        meter = Meter(circuit)
        tag = Unit(holes=[(0x0BB7, 0x0CFF)])
        for address, quantity in {0x0BD3: "volts", 0x0BB7: "amperes", 0x0BF3: "watts"}.items():
            tag.reads[3][address] = Value(meter, quantity, "f32", nan=POWERTAG_NAN)
        tag.reads[3][0x0C83] = Value(meter, "wh", "i64", nan=b"\x80" + bytes(7))
        units[150 + circuit.number] = tag
        meters.append(meter)
    units[1] = board
    return units, meters


def motor(circuits, say):
    """Motor operators driven by pulses, sixteen inputs for their contacts, one meter for all circuits."""
    units, meters = {}, []
    board = Unit()
    coils = [False] * 16
    presses = [0] * 16
    for place in range(16):
        board.reads[1][place] = Word(lambda place=place: coils[place])
        board.reads[2][place] = Word(lambda: False)
    for place, circuit in enumerate(circuits):
        for coil, close in ((place, True), (place + 8, False)):

            def press(on, coil=coil, close=close, circuit=circuit, other=(coil + 8) % 16):
                if on and not coils[coil]:
                    if coils[other]:
                        say(wrong="both coils of a motor at once", outlet=circuit.number)
                    circuit.order(close)
                    presses[coil] += 1
                    asyncio.get_running_loop().call_later(LONGEST_PULSE_S, burn, coil, presses[coil])
                coils[coil] = bool(on)

            def burn(coil, press):
                if coils[coil] and presses[coil] == press:
                    say(wrong="a pulse that does not end", coil=coil)

            board.writes[(5, coil)] = press
        board.reads[2][place] = Word(lambda circuit=circuit: position(circuit))
        board.reads[2][place + 8] = Word(lambda circuit=circuit: circuit.tripped)
    units[1] = board
    block = Unit(holes=[(0x0100, 0x0177)])
    for place, circuit in enumerate(circuits):
        meter, first = Meter(circuit), 0x0100 + 10 * place
        block.reads[3][first] = Value(meter, "volts", "u16", scale=10, nan=b"\xff" * 2)
        block.reads[3][first + 1] = Value(meter, "hertz", "u16", scale=100, nan=b"\xff" * 2)
        block.reads[3][first + 2] = Value(meter, "amperes", "u32", scale=1000, nan=b"\xff" * 4)
        block.reads[3][first + 4] = Value(meter, "watts", "i32", scale=10, nan=b"\x7f\xff\xff\xff")
        block.reads[3][first + 6] = Value(meter, "wh", "u64", nan=b"\xff" * 8)
        meters.append(meter)
    units[10] = block
    return units, meters


def kmn(circuits, say):
    """A relay board and Omron KM-N: integers in tenths and thousandths, one unit id per circuit."""
    units, meters = {}, []
    relay_board(circuits, units, say)
    table = {
        0x0000: ("volts", 10),
        0x0006: ("amperes", 1000),
        0x000E: ("hertz", 10),
        0x0010: ("watts", 10),
        0x0200: ("wh", 1),
        0x0220: ("kwh", 1),
    }
    for circuit in circuits:
        meter = Meter(circuit)
        unit = Unit(align=2, holes=[(0x0000, 0x004F), (0x0200, 0x0237)])
        for address, (quantity, scale) in table.items():
            unit.reads[3][address] = Value(meter, quantity, "i32", scale=scale, nan=b"\x7f\xff\xff\xff")
        units[20 + circuit.number] = unit
        meters.append(meter)
    return units, meters


def low_words(circuits, say):
    """Outputs that only hear functions 15 and 16; one meter for all circuits that sends the low word first."""
    units, meters = {}, []
    board = Unit(holes=[(0x0300, 0x030F)])
    block = Unit(longest_read=100, holes=[(0x1000, 0x1000 + 0x14 * 4 - 1)])
    for place, circuit in enumerate(circuits):
        # Outlet 1 hangs on a coil, the others on registers whose ON and OFF are numbers of their own.
        if place == 0:
            board.writes[(15, 0x0020)] = lambda on, c=circuit: c.order(bool(on))
        else:

            def order(word, circuit=circuit):
                return circuit.order(word == 0x0100) if word in (0x0100, 0x0200) else False

            board.writes[(16, 0x0400 + 8 * place)] = order
        state = Word(lambda c=circuit: (1 << 5 if position(c) else 0) | (1 << 9 if c.tripped else 0) | 0x8000)
        board.reads[4][0x0300 + 4 * place] = state
        meter, first = Meter(circuit), 0x1000 + 0x14 * place
        invalid = b"\xff" * 4
        block.reads[3][first] = Value(meter, "wh", "u32", low_word_first=True, nan=invalid)
        block.reads[3][first + 2] = Value(meter, "watts", "u32", scale=10, low_word_first=True, nan=invalid)
        block.reads[3][first + 4] = Value(meter, "volts", "u16", scale=100, nan=b"\xff" * 2)
        block.reads[3][first + 6] = Value(meter, "amperes", "u32", scale=1000, low_word_first=True, nan=invalid)
        meters.append(meter)
    units[5], units[9] = board, block
    return units, meters


LAYOUTS = {"relays": relays, "smartlink": smartlink, "motor": motor, "kmn": kmn, "low-words": low_words}
