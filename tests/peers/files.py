"""A file server of Python's own library: FOLDER [CERTIFICATE KEY]. Says its port, and each file that it is given.

GET /NAME gives a file, /cut/NAME half of it, /stalls/NAME the first half and then nothing, but all of it the second time. PUT /NAME
takes one; /busy/NAME takes none the first time."""

import http.server
import json
import pathlib
import ssl
import sys
import threading

FOLDER = pathlib.Path(sys.argv[1])
SEEN = set()


def say(**said):
    print(json.dumps(said), flush=True)


class Files(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        manner, name = self.asked()
        content = (FOLDER / name).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        is_whole = manner == "" or (manner == "stalls" and self.path in SEEN)
        say(asked=self.path, whole=is_whole)
        if is_whole:
            self.wfile.write(content)
            return
        SEEN.add(self.path)
        self.wfile.write(content[: len(content) // 2])
        self.wfile.flush()
        if manner == "stalls":
            threading.Event().wait()
        self.connection.close()

    def do_PUT(self):
        manner, name = self.asked()
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if manner == "busy" and self.path not in SEEN:
            SEEN.add(self.path)
            self.send_error(503)
            return
        self.send_response(201)
        self.end_headers()
        say(put=name, text=text)

    def asked(self):
        manner, _, name = self.path.lstrip("/").rpartition("/")
        return manner, name.partition("?")[0]

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
if len(sys.argv) > 2:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*sys.argv[2:4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
say(port=server.server_address[1])
server.serve_forever()
