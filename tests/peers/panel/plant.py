"""What stands behind the registers: breakers that take time, cars that draw current, meters that count."""

import asyncio
import time

VOLTS = 203.4


class Circuit:
    """One outlet's breaker, car and meter. Its `energy_ws` is the truth that bills are compared with."""

    def __init__(self, number, speed, travel_s, say):
        self.number, self.speed, self.say = number, speed, say
        self.travel_s = travel_s
        self.closed = False
        self.position = False
        self.tripped = False
        self.target, self.arrives = False, 0.0
        # sound, stick (hears nothing), weld (the handle moves, the contact does not), slow
        self.mode, self.slow_by = "sound", 1.0
        self.amperes = 14.2
        self.energy_ws = (1_234_000 + number * 111) * 3600.0
        self.first_wh = self.wh()
        self.seen = time.monotonic()

    def order(self, close):
        """What the motor does when its wire asks for it; a tripped breaker is not closed by wire."""
        self.move()
        self.say(order="close" if close else "open", outlet=self.number, at=now_ms())
        if self.mode == "stick":
            return
        if close and self.tripped:
            self.say(wrong="told to close while tripped", outlet=self.number)
            return
        if self.target != close:
            travel_s = self.travel_s * self.slow_by
            self.target, self.arrives = close, time.monotonic() + travel_s
            asyncio.get_running_loop().call_later(travel_s + 0.001, self.move)

    def by_hand(self, close):
        self.move()
        self.target = self.position = close
        self.set_contact(close)

    def trip(self):
        self.by_hand(False)
        self.tripped = True

    def reset(self):
        self.tripped = False

    def move(self):
        now = time.monotonic()
        if self.target != self.position and now >= self.arrives:
            self.count(self.arrives)
            self.position = self.target
            self.say(position="closed" if self.position else "open", outlet=self.number, flowed_mwh=self.flowed_mwh())
            if not (self.mode == "weld" and self.closed):
                self.set_contact(self.target)
        self.count(now)

    def set_contact(self, closed):
        if self.closed != closed:
            self.closed = closed
            self.say(contact="closed" if closed else "open", outlet=self.number, at=now_ms())

    def count(self, until):
        if until > self.seen:
            self.energy_ws += self.watts() * self.speed * (until - self.seen)
        self.seen = max(self.seen, until)

    def draw(self, amperes):
        self.move()
        self.amperes = amperes

    def current(self):
        return self.amperes if self.closed else 0.0

    def watts(self):
        return VOLTS * self.current()

    def wh(self):
        return self.energy_ws / 3600.0

    def delivered_mwh(self):
        self.move()
        return self.flowed_mwh()

    def flowed_mwh(self):
        return round((self.wh() - self.first_wh) * 1000)


def now_ms():
    return round(time.monotonic() * 1000)


class Meter:
    """How one circuit's meter answers: the truth, or one of the ways in which meters lie."""

    def __init__(self, circuit):
        self.circuit = circuit
        self.lie = None
        self.counted_from_wh = 0.0
        self.frozen = {}

    def tell(self, lie):
        self.circuit.move()
        self.lie, self.frozen = lie, {}
        if lie == "reset":
            # A meter that was exchanged or forgot: it counts on from nothing.
            self.counted_from_wh = self.circuit.wh()

    def value(self, quantity):
        if self.lie == "frozen" and quantity in self.frozen:
            return self.frozen[quantity]
        self.circuit.move()
        value = {
            "volts": VOLTS,
            "amperes": self.circuit.current(),
            "watts": self.circuit.watts(),
            "hertz": 50.0,
            "wh": self.circuit.wh() - self.counted_from_wh,
            "kwh": (self.circuit.wh() - self.counted_from_wh) / 1000.0,
        }[quantity]
        self.frozen[quantity] = value
        return value
