"""nginx with nchan, set up for the same paths, on a free port, for one run."""

import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

PROGRAMS = ["/usr/sbin/nginx", "nginx"]
MODULES = ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules"]

# One process, as the others are. The rest is what its own users turn on for many watchers: room for
# the connections and for what is published, a long accept queue, no log of accesses. The buffer
# keeps as many events as a window of ours.
CONFIGURATION = """
load_module {module};
daemon off; master_process off; pid {prefix}/pid; error_log stderr crit;
worker_rlimit_nofile {files};
events {{ worker_connections {files}; multi_accept on; }}
http {{
    access_log off;
    tcp_nodelay on;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_body_temp_path {prefix}/body;
    proxy_temp_path {prefix}/proxy;
    fastcgi_temp_path {prefix}/fastcgi;
    uwsgi_temp_path {prefix}/uwsgi;
    scgi_temp_path {prefix}/scgi;
    nchan_max_reserved_memory 4096M;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = /health {{ return 200 ok; }}
        location ~ ^/publish/(.+)$ {{
            nchan_publisher http;
            nchan_channel_id $1;
            nchan_message_buffer_length 256;
            nchan_message_timeout 1h;
        }}
        location ~ ^/orders/(.+)/events$ {{
            nchan_subscriber eventsource;
            nchan_channel_id $1;
            nchan_subscriber_first_message newest;
            nchan_eventsource_ping_interval 15;
        }}
    }}
}}
"""


def found():
    """The program and its module, or why there is none."""
    program = next((path for path in map(shutil.which, PROGRAMS) if path), None)
    if not program:
        return None, "nginx is not installed"
    modules = (Path(folder) / "ngx_nchan_module.so" for folder in MODULES)
    module = next((path for path in modules if path.is_file()), None)
    if not module:
        return None, "nginx has no nchan (on Debian: apt-get install libnginx-mod-nchan)"
    return (program, module), ""


def version():
    """As nginx says it."""
    (program, _), _ = found()
    return subprocess.run([program, "-v"], capture_output=True, text=True).stderr.strip()


class Nchan:
    """A folder with its configuration, and a port. The load starts and ends the process."""

    def __init__(self, files):
        (program, module), _ = found()
        self.folder = tempfile.TemporaryDirectory(prefix="order-events-nchan-")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        prefix = Path(self.folder.name)
        text = CONFIGURATION.format(module=module, prefix=prefix, port=self.port, files=files)
        (prefix / "nginx.conf").write_text(text)
        file = str(prefix / "nginx.conf")
        self.command = [program, "-e", "stderr", "-p", str(prefix), "-c", file]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()
