"""A charging station on PyPI ocpp and websockets: boots, charges when it is told to, stops when it is told to.

Arguments: URL STATION_ID PASSWORD VERSION(2.1|2.0.1) [deflate] [identity=FOLDER]. Says what happened in JSON lines.
With a folder (chain.pem, key.pem, server.pem) it shows a certificate and no password.
"""

import asyncio
import base64
import json
import ssl
import sys
import uuid
from datetime import datetime, timedelta, timezone

import websockets
from ocpp.routing import after, on

URL, STATION, PASSWORD, VERSION = sys.argv[1:5]
DEFLATE = "deflate" in sys.argv[5:]
IDENTITY = next((a.removeprefix("identity=") for a in sys.argv[5:] if a.startswith("identity=")), None)

if VERSION == "2.1":
    from ocpp.v21 import ChargePoint, call, call_result

    SUBPROTOCOL = "ocpp2.1"
else:
    from ocpp.v201 import ChargePoint, call, call_result

    SUBPROTOCOL = "ocpp2.0.1"

STEPS_WH = [0, 40, 90, 150]


def say(**what):
    print(json.dumps(what), flush=True)


class Station(ChargePoint):
    def __init__(self, *args):
        super().__init__(*args)
        self.started, self.stop_asked = asyncio.Event(), asyncio.Event()
        self.start_id = self.transaction = self.token = None
        self.seq = 0
        self.at = datetime.now(timezone.utc) - timedelta(minutes=10)

    @on("RequestStartTransaction")
    def on_start(self, id_token, remote_start_id, **rest):
        say(asked="start", evse=rest.get("evse_id"), profile="charging_profile" in rest)
        self.start_id, self.token, self.transaction = remote_start_id, id_token, str(uuid.uuid4())
        return call_result.RequestStartTransaction(status="Accepted", transaction_id=self.transaction)

    @after("RequestStartTransaction")
    def after_start(self, **_):
        self.started.set()

    @on("RequestStopTransaction")
    def on_stop(self, transaction_id, **_):
        known = transaction_id == self.transaction
        say(asked="stop", known=known)
        return call_result.RequestStopTransaction(status="Accepted" if known else "Rejected")

    @after("RequestStopTransaction")
    def after_stop(self, **_):
        self.stop_asked.set()

    @on("TriggerMessage")
    def on_trigger(self, requested_message, **_):
        say(asked="trigger", message=requested_message)
        return call_result.TriggerMessage(status="Accepted")

    @on("InstallCertificate")
    def on_install(self, certificate_type, certificate, **_):
        is_pem = certificate.startswith("-----BEGIN CERTIFICATE-----")
        say(installed=certificate_type, pem=is_pem)
        return call_result.InstallCertificate(status="Accepted" if is_pem else "Rejected")

    @on("GetInstalledCertificateIds")
    def on_list(self, **_):
        digest = {"hash_algorithm": "SHA256", "issuer_name_hash": "b2", "issuer_key_hash": "c3", "serial_number": "a1"}
        listed = {"certificate_type": "CSMSRootCertificate", "certificate_hash_data": digest}
        return call_result.GetInstalledCertificateIds(status="Accepted", certificate_hash_data_chain=[listed])

    @on("DeleteCertificate")
    def on_delete(self, certificate_hash_data, **_):
        say(deleted=certificate_hash_data["serial_number"])
        return call_result.DeleteCertificate(status="Accepted")

    @on("UpdateFirmware")
    def on_firmware(self, request_id, firmware, **_):
        signed = "signing_certificate" in firmware and "signature" in firmware
        say(firmware=firmware["location"], signed=signed)
        return call_result.UpdateFirmware(status="Accepted")

    @after("UpdateFirmware")
    async def after_firmware(self, request_id, **_):
        for status in ["Downloading", "Downloading", "Installed"]:
            await self.call(call.FirmwareStatusNotification(status=status, request_id=request_id), suppress=False)

    @on("GetLog")
    def on_log(self, log_type, **_):
        say(log=log_type)
        return call_result.GetLog(status="Accepted", filename="panel.log")

    @after("GetLog")
    async def after_log(self, request_id, **_):
        for status in ["Uploading", "UploadFailure"]:
            await self.call(call.LogStatusNotification(status=status, request_id=request_id), suppress=False)

    @on("SetVariableMonitoring")
    def on_monitoring(self, set_monitoring_data, **_):
        results = [
            {
                "status": "Accepted",
                "id": 1 + place,
                "type": wanted["type"],
                "severity": wanted["severity"],
                "component": wanted["component"],
                "variable": wanted["variable"],
            }
            for place, wanted in enumerate(set_monitoring_data)
        ]
        return call_result.SetVariableMonitoring(set_monitoring_result=results)

    async def tell(self, event_type, reason, wh, state, **info):
        sample = {
            "value": float(1_000_000 + wh),
            "measurand": "Energy.Active.Import.Register",
            "unit_of_measure": {"unit": "Wh"},
            "context": {"Started": "Transaction.Begin", "Ended": "Transaction.End"}.get(event_type, "Sample.Periodic"),
        }
        more = [
            {"value": 14.3, "measurand": "Current.Import", "unit_of_measure": {"unit": "A"}},
            {"value": 201.2, "measurand": "Voltage", "unit_of_measure": {"unit": "V"}},
            {"value": 2.877, "measurand": "Power.Active.Import", "unit_of_measure": {"unit": "W", "multiplier": 3}},
        ]
        timestamp = self.at.isoformat().replace("+00:00", "Z")
        self.at += timedelta(minutes=1)
        request = call.TransactionEvent(
            event_type=event_type,
            timestamp=timestamp,
            trigger_reason=reason,
            seq_no=self.seq,
            transaction_info={"transaction_id": self.transaction, "charging_state": state, **info},
            meter_value=[{"timestamp": timestamp, "sampled_value": [sample, *more]}],
            evse={"id": 1, "connector_id": 1},
            id_token=self.token if event_type == "Started" else None,
        )
        self.seq += 1
        await self.call(request, suppress=False)
        say(told=event_type)


async def charge(station):
    boot = await station.call(
        call.BootNotification(charging_station={"model": "Peer", "vendor_name": "PyPI"}, reason="PowerUp"),
        suppress=False,
    )
    say(booted=boot.status)
    now = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
    await station.call(
        call.StatusNotification(timestamp=now, connector_status="Available", evse_id=1, connector_id=1),
        suppress=False,
    )
    await station.call(call.Heartbeat(), suppress=False)
    say(ready=True)
    await station.started.wait()
    await station.tell("Started", "RemoteStart", STEPS_WH[0], "EVConnected", remote_start_id=station.start_id)
    await station.tell("Updated", "ChargingStateChanged", STEPS_WH[0], "Charging")
    for wh in STEPS_WH[1:-1]:
        await station.tell("Updated", "MeterValuePeriodic", wh, "Charging")
    await station.stop_asked.wait()
    await station.tell("Ended", "RemoteStop", STEPS_WH[-1], "EVConnected", stopped_reason="Remote")


def credentials():
    if IDENTITY:
        context = ssl.create_default_context(cafile=f"{IDENTITY}/server.pem")
        context.load_cert_chain(f"{IDENTITY}/chain.pem", f"{IDENTITY}/key.pem")
        return {"ssl": context}
    login = base64.b64encode(f"{STATION}:{PASSWORD}".encode()).decode()
    return {"additional_headers": {"Authorization": f"Basic {login}"}}


async def main():
    connection = await websockets.connect(
        f"{URL}/{STATION}",
        subprotocols=[SUBPROTOCOL],
        compression="deflate" if DEFLATE else None,
        proxy=None,
        **credentials(),
    )
    extensions = [extension.name for extension in connection.protocol.extensions]
    say(subprotocol=connection.subprotocol, extensions=extensions)
    station = Station(STATION, connection)
    serving = asyncio.create_task(station.start())
    await asyncio.wait_for(charge(station), 60)
    serving.cancel()
    await connection.close()
    say(done=True)


asyncio.run(main())
